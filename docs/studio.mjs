// Takes the pictures of the studio in README and docs, with drawn faces, in the light theme, two pixels for each of CSS: node docs/studio.mjs (after npm run build; needs Chromium, see test/helpers/chromium.ts).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { drawFaces } from '../dist/src/cli/demo.js';

const MAIN = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wgrad-docs-'));
const faces = { train: join(folder, 'train'), validation: join(folder, 'validation') };
await drawFaces(faces, 150, 1);

const studio = spawn(process.execPath, [MAIN, 'studio', '--runs', 'out', '--no-open'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise(resolve => {
  createInterface({ input: studio.stdout }).on('line', line => /Studio: (\S+)/.test(line) && resolve(RegExp.$1));
});
const browser = await chromium.launch({ executablePath: process.env.WGRAD_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2, colorScheme: 'light', reducedMotion: 'reduce' });

/** A picture may have so many bytes: the README is read over slow lines, too. */
const MOST_BYTES = 150_000;

/** Keeps what an element shows, or the whole window, as WebP of the best quality that is small enough. */
async function keep(name, element = page) {
  const png = (await element.screenshot()).toString('base64');
  for (const quality of [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4]) {
    const webp = Buffer.from(await page.evaluate(encode, [png, quality]), 'base64');
    if (webp.length > MOST_BYTES) continue;
    writeFileSync(new URL(`${name}.webp`, import.meta.url), webp);
    console.log(`${name}.webp: ${webp.length} bytes, quality ${quality}`);
    return;
  }
  throw new Error(`${name} is larger than ${MOST_BYTES} bytes`);
}

/** Runs in the page: a PNG file as a WebP file, both as base64. */
async function encode([data, quality]) {
  const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(data), c => c.charCodeAt(0))], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality })).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
}

try {
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.goto(url);
  await page.locator('.glance-stage.values').nth(6).waitFor();
  await page.waitForTimeout(1500);
  await keep('studio_glance');

  await page.setViewportSize({ width: 1280, height: 800 });
  await page.evaluate(() => {
    location.hash = '#/train';
  });
  const settings = { ...faces, epochs: 40, batchSize: 10, imageHeight: 48, imageWidth: 48, seed: 1 };
  for (const [name, value] of Object.entries(settings)) await page.locator(`[name=${name}]`).fill(`${value}`);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('.run-controls').getByText('epoch 16 of').waitFor({ timeout: 500_000 });
  await keep('studio_training');
  await page.getByRole('button', { name: 'Stop and save' }).click();
  await page.locator('.run-controls').getByText('Stopped').waitFor();
  await page.setViewportSize({ width: 1280, height: 1040 });
  await page.evaluate(() => {
    location.hash = '#/number?tensor=layer0/pre_activation&picture=validation:3&index=98858';
  });
  await page.locator('.window-sum').nth(2).waitFor({ timeout: 120_000 });
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
  await page.waitForTimeout(1500);
  await keep('studio_number');
} finally {
  await browser.close();
  const ended = new Promise(resolve => studio.once('exit', resolve));
  studio.kill('SIGINT');
  await ended;
  rmSync(folder, { recursive: true });
}
