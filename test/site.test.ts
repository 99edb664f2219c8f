import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packageRoot } from '../src/node/paths.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { StaticServer } from './helpers/static_server.js';

/** Bytes over the wire before the first view, and milliseconds until something is painted. */
const MOST_BYTES = 1.5e6;
const MOST_PAINT_MS = 1000;

/** No task of the page's thread takes longer. */
const LONGEST_TASK_MS = 100;

if (noChromium) console.log(`not run: the site in a browser; ${noChromium}`);

describe.skipIf(noChromium)('the site, from a server of files', () => {
  let folder: string;
  let server: StaticServer;
  let browser: Browser;
  let page: Page;
  let address: string;
  /** What went wrong in the page, and requests that left its folder. */
  const errors: string[] = [];
  const foreign: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wgrad-site-'));
    await cp(join(packageRoot, 'dist', 'site'), folder, { recursive: true });
    server = new StaticServer(folder, '/some/where/');
    address = await server.start();
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(20_000);
    page.on('pageerror', error => errors.push(error.message));
    page.on('console', message => message.type() === 'error' && errors.push(message.text()));
    page.on('response', response => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`));
    page.on('request', request => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address)) foreign.push(request.url());
    });
    await page.addInitScript(() => {
      const tasks: PerformanceEntry[] = [];
      Object.assign(globalThis, { longTasks: tasks });
      new PerformanceObserver(list => tasks.push(...list.getEntries())).observe({ type: 'longtask' });
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Milliseconds of the longest task of the page's thread that began while something was done. */
  async function longestTask(work: () => Promise<unknown>): Promise<number> {
    const from = await page.evaluate(() => performance.now());
    await work();
    return page.evaluate(
      since =>
        (globalThis as unknown as { longTasks: PerformanceEntry[] }).longTasks
          .filter(({ startTime }) => startTime >= since)
          .reduce((most, { duration }) => Math.max(most, duration), 0),
      from,
    );
  }

  /** Checks and times the kernels of some ops; the JSON that is made of it. */
  async function reportOf(only: string): Promise<Readonly<Record<string, unknown>>> {
    await page.locator('[name=only]').fill(only);
    await page.getByRole('button', { name: 'Check and time' }).click();
    await page.getByRole('heading', { name: 'Figures to send' }).waitFor();
    return JSON.parse(await page.getByLabel('JSON').inputValue()) as Readonly<Record<string, unknown>>;
  }

  /** Waits for the first view: a network at work on a picture. */
  const glance = (): Promise<void> => page.getByRole('button', { name: /Play|Pause/ }).waitFor();

  test('opens below any path, with few bytes and at once', async () => {
    await page.goto(address);
    await glance();
    const shown = await page.evaluate(() => performance.now());
    const bytes = await page.evaluate(() =>
      [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
        (sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize,
        0,
      ),
    );
    expect(bytes).toBeGreaterThan(50_000);
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime);
    console.log(
      `site: ${(bytes / 1e6).toFixed(2)} MB over the wire, first paint after ${paint.toFixed(0)} ms, the first view after ${shown.toFixed(0)} ms`,
    );
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(paint).toBeLessThan(MOST_PAINT_MS);
  });

  test("'Your GPU' checks and times kernels in a worker, and makes JSON of it", async () => {
    await page.evaluate(() => {
      location.hash = '#/gpu';
    });
    await page.getByRole('heading', { name: /swiftshader/i }).waitFor();
    let report: Readonly<Record<string, unknown>> = {};
    const longest = await longestTask(async () => {
      report = await reportOf('softmax');
    });
    expect(longest).toBeLessThanOrEqual(LONGEST_TASK_MS);
    expect(report).toMatchObject({ bench: 'ops', only: 'softmax', state: 'done', checked: { wrong: [] }, batch: 2 });
    expect(report.adapter).toMatch(/swiftshader/i);
    const rows = report.rows as { op: string; ms: number; gflops: number; gbps: number }[];
    expect(rows.map(({ op }) => op)).toContain('softmax_forward');
    for (const { ms, gbps } of rows) expect(Math.min(ms, gbps)).toBeGreaterThan(0);
    expect(await page.getByRole('region', { name: 'Table of kernels' }).locator('tbody tr').count()).toBe(1);
    await page.getByText('all right').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Save as a file' }).click()]);
    expect(download.suggestedFilename()).toBe('wgrad-gpu.json');
  });

  test('nothing is wider than a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('stops a report, and says what was found until then', async () => {
    await page.locator('[name=only]').fill('conv2d');
    await page.getByRole('button', { name: 'Check and time' }).click();
    await page.getByText(/[1-9]\d* kernels checked/).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped: what was found until then').waitFor();
    await page.getByRole('heading', { name: 'Figures to send' }).waitFor();
  });

  test('shows the site as it was kept, and a newer one the next time', async () => {
    const language = (): Promise<string> => page.evaluate(() => document.documentElement.lang);
    const edit = async (name: string, change: (text: string) => string): Promise<void> => {
      const text = await readFile(join(folder, name), 'utf8');
      expect(change(text)).not.toBe(text);
      await writeFile(join(folder, name), change(text));
    };
    await page.evaluate(() => navigator.serviceWorker.ready);
    // Another page; and the digest of all files, which the build writes into the worker.
    await edit('index.html', text => text.replace('lang="en"', 'lang="en-GB"'));
    await edit('service_worker.js', text => text.replace(/[0-9a-f]{16}/, '0123456789abcdef'));
    await page.reload();
    expect(await language()).toBe('en');
    const shown = await vi.waitUntil(
      async () => {
        // A browser looks for a newer worker a second after a page was opened; here it is asked to.
        await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
        await page.reload();
        return (await language()) === 'en-GB';
      },
      { timeout: 20_000, interval: 300 },
    );
    expect(shown).toBe(true);
  });

  test('opens and computes without a network the second time', async () => {
    await page.evaluate(() => navigator.serviceWorker.ready);
    server.stop();
    await page.context().setOffline(true);
    await page.goto(`${address}?again`);
    await glance();
    await page.goto(`${address}?again#/gpu`);
    expect(await reportOf('softmax')).toMatchObject({ state: 'done', checked: { wrong: [] } });
  });

  test('nothing went wrong, and nothing was asked of elsewhere', () => {
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
  });
});
