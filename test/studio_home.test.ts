import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { noChromium, openChromium } from './helpers/chromium.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

if (noChromium) console.log(`not run: the first page and that of building in a browser; ${noChromium}`);

/** What is said of a run that has come to its end by itself. */
const TRAINED = /Trained: right on ([\d.]+)\s% of the pictures that it has not seen, after (\d+)\ss\./;

describe.skipIf(noChromium)('the first page, with no model given', () => {
  let runs: string;
  let studio: RunningStudio;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    runs = await mkdtemp(join(tmpdir(), 'wgrad-home-'));
    studio = await startStudio(['studio', '--runs', runs, '--no-tune', '--no-open']);
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('pageerror', error => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${studio.port}/?token=${studio.token}`);
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.end();
    await rm(runs, { recursive: true, force: true });
  });

  const stages = () => page.locator('.glance-stage');
  const seek = (step: number): Promise<void> => page.locator('.glance-controls input').fill(`${step}`);

  test('shows the small network from the pixels to the classes, before anything else computes', async () => {
    await stages().first().waitFor();
    expect(await page.locator('.glance-name strong').allTextContents()).toEqual([
      ...['picture', 'conv2d', 'max_pooling2d', 'conv2d_1', 'max_pooling2d_1', 'dense', 'dense_1'],
    ]);
    // Maps in proportion: those of 22 pixels are twice as wide as those of 11.
    const widths = await stages().evaluateAll(all => all.map(each => each.getBoundingClientRect().width));
    expect((widths[1]! - 5) / 2 / widths[2]!).toBeCloseTo(2, 1);
  });

  test('goes forward, and then the gradient back', async () => {
    const count = await stages().count();
    await seek(0);
    expect(await stages().nth(1).getAttribute('class')).toContain('waiting');
    await seek(count);
    expect(await page.locator('.glance-stage.values').count()).toBe(count);
    expect(await page.locator('.glance-controls p').textContent()).toContain('The loss is');
    await seek(2 * count);
    expect(await page.locator('.glance-stage.gradient').count()).toBe(count);
  });

  test('stands still where motion is not wanted, with everything shown', async () => {
    const still = await browser.newPage({ reducedMotion: 'reduce', viewport: { width: 390, height: 844 } });
    await still.goto(`http://127.0.0.1:${studio.port}/?token=${studio.token}`);
    await still.locator('.glance-stage.values').nth(6).waitFor();
    expect(await still.getByRole('button', { name: 'Play' }).isVisible()).toBe(true);
    expect(await still.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await still.close();
  });

  test('leads to the layer and the map that is clicked', async () => {
    await stages()
      .nth(1)
      .click({ position: { x: 20, y: 20 } });
    await page.getByRole('heading', { name: 'The network' }).waitFor();
    expect(page.url()).toContain('layer=0');
    expect(page.url()).toContain('channel=0');
    await page.locator('.layer.open .layer-body').waitFor();
  });

  test('trains the small network on drawn faces, and shows how it gets better', async () => {
    await page.evaluate(() => {
      location.hash = '#/home';
    });
    await page.getByRole('button', { name: 'Train on sample faces' }).click();
    const going = page.locator('.sample-going');
    await going.getByText(/Right on \d/).waitFor({ timeout: 60_000 });
    // It ends by itself.
    await going.getByText(TRAINED).waitFor({ timeout: 120_000 });
    const [, right, seconds] = TRAINED.exec((await going.textContent())!)!;
    console.log(`studio: ${right} % right on drawn faces after ${seconds} s`);
    expect(Number(right)).toBeGreaterThanOrEqual(95);
    expect(Number(seconds)).toBeLessThan(90);
    expect(await stages().count()).toBe(7);
    expect(errors).toEqual([]);
  }, 300_000);
});

describe.skipIf(noChromium)('the view of building', () => {
  let runs: string;
  let studio: RunningStudio;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    runs = await mkdtemp(join(tmpdir(), 'wgrad-build-'));
    studio = await startStudio(['studio', '--runs', runs, '--no-tune', '--no-open']);
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`http://127.0.0.1:${studio.port}/?token=${studio.token}#/build`);
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.end();
    await rm(runs, { recursive: true, force: true });
  });

  const total = (what: string): Promise<string | null> => page.locator(`[data-total=${what}]`).textContent();

  test('follows each change with weights and operations, and says at the layer what is wrong', async () => {
    await page.getByLabel('filters of layer 0').waitFor();
    expect(await total('parameters')).toBe('2,382');
    await page.getByLabel('filters of layer 0').fill('9');
    // 28 more of the first layer's, 72 of the second's.
    expect(await total('parameters')).toBe('2,482');
    await page.getByLabel('kernel of layer 2').fill('13');
    await page.getByText('Its window of 13 × 13 does not fit into 11 × 11').waitFor();
    expect(await page.getByRole('button', { name: 'Train and compare with the last run' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByLabel('Add a layer below layer 0').selectOption('batch_normalization');
    await page.getByRole('button', { name: 'Move layer 1 down' }).click();
    expect(await page.locator('.build-kind').allTextContents()).toEqual([
      ...[
        'Picture',
        'Convolution',
        'Max pooling',
        'Batch normalization',
        'Convolution',
        'Max pooling',
        'Flatten',
        'Dropout',
        'Dense',
        'Dense',
      ],
    ]);
  });

  test('saves the network file, opens it again, and trains by it', async () => {
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save network file' }).click();
    const file = await (await downloading).path();
    const saved = await readFile(file, 'utf8');
    await page.getByRole('button', { name: 'Take out layer 2' }).click();
    await page.locator('input[type=file]').setInputFiles({ name: 'mine.json', mimeType: 'application/json', buffer: Buffer.from(saved) });
    await vi.waitUntil(async () => (await page.locator('.build-layer').count()) === 9);
    await page.getByLabel('Learning rate').fill('0.005');
    await page.getByRole('button', { name: 'Train and compare with the last run' }).click();
    await page.getByRole('heading', { name: 'Training' }).waitFor();
    const kept = join(runs, 'studio-1', 'network.json');
    const text = await vi.waitUntil(() => readFile(kept, 'utf8').catch(() => ''), { timeout: 90_000, interval: 200 });
    expect(JSON.parse(text).compile_config.optimizer.config.learning_rate).toBe(0.005);
    expect(JSON.parse(text).config.layers).toHaveLength(10);
  }, 180_000);
});
