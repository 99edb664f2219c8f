import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../src/node/paths.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { LessonReader } from './helpers/lessons.js';
import { StaticServer } from './helpers/static_server.js';

if (noChromium) console.log(`not run: the site's lessons in a browser; ${noChromium}`);

describe.skipIf(noChromium)("the site's lessons in a browser without WebGPU", () => {
  let server: StaticServer;
  let browser: Browser;
  let page: Page;
  let reader: LessonReader;
  const errors: string[] = [];

  beforeAll(async () => {
    server = new StaticServer(join(packageRoot, 'dist', 'site'), '/some/where/');
    browser = await openChromium({ webgpu: false });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(30_000);
    // Without an adapter there is the property still.
    await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'));
    page.on('pageerror', error => errors.push(error.message));
    page.on('console', message => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`${await server.start()}#/lessons`);
    reader = await LessonReader.of(page);
  });
  afterAll(async () => {
    await browser?.close();
    server?.stop();
  });

  test('show in every step, runs and all, what they say', async () => {
    expect(await page.evaluate(() => 'gpu' in navigator)).toBe(false);
    const faults: string[] = [];
    for (const lesson of reader.lessons) {
      for (const at of lesson.steps.keys()) faults.push(...(await reader.faultsOf(lesson, at)));
    }
    expect(faults).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('hold a gradient to the loss by the CPU reference, and say that there are no kernels to time', async () => {
    const backprop = reader.get('backprop');
    await reader.open(backprop, backprop.steps.length - 1);
    await page.getByText('Computed by the CPU reference').waitFor();
    await page.getByRole('button', { name: '0.01', exact: true }).click();
    await page.getByRole('button', { name: 'Move it up and down' }).click();
    await page.locator('[data-try="0"]', { hasText: '± 0.01' }).waitFor();
    const winograd = reader.get('winograd');
    await reader.open(winograd, winograd.steps.length - 1);
    await page.getByText('The CPU reference computes here').waitFor();
    expect(await page.locator('tr[data-patch]').count()).toBe(3);
    expect(errors).toEqual([]);
  });
});
