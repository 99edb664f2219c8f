import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, readCheckpoint } from '../src/formats/checkpoint.js';
import { pathSource } from '../src/node/model_source.js';
import { packageRoot } from '../src/node/paths.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { DiskStore } from '../src/run/disk_store.js';
import { LAST } from '../src/run/names.js';
import { DEFAULTS } from '../src/run/options.js';
import { beginOf } from '../src/run/origin.js';
import { checkRun, readyRun } from '../src/run/readying.js';
import { sampleFaces } from '../src/run/sample_faces.js';
import { trainRun } from '../src/run/training.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { StaticServer } from './helpers/static_server.js';

/** No task of the page's thread takes longer while a run goes on. */
const LONGEST_TASK_MS = 100;

const SEED = 5;
const STEPS = 200;
const BATCH_SIZE = 20;

if (noChromium) console.log(`not run: training in the site; ${noChromium}`);

/** What a run on drawn faces with the small network's layers comes to in Node, by the CPU reference, without a break. */
async function trainInNode(folder: string): Promise<Checkpoint> {
  const faces = await sampleFaces(folder, () => {});
  const out = join(folder, 'run');
  const options = {
    ...DEFAULTS,
    ...faces,
    out,
    seed: SEED,
    batchSize: BATCH_SIZE,
    maxSteps: STEPS,
    augment: false,
    network: join(packageRoot, 'data', 'lesson.safetensors'),
  };
  const executor = new ReferenceExecutor();
  const checked = await checkRun(await beginOf(options, () => false, pathSource), () => {});
  const ready = await readyRun(checked, executor, () => {});
  await trainRun(ready, executor, new DiskStore(out), { signal: new AbortController().signal, callbacks: [] });
  return readCheckpoint('run', await readFile(join(out, LAST)));
}

describe.skipIf(noChromium)('the site trains', () => {
  let folder: string;
  let server: StaticServer;
  let address: string;
  let browser: Browser;
  const errors: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wgrad-site-'));
    server = new StaticServer(join(packageRoot, 'dist', 'site'), '/some/where/');
    address = await server.start();
  });
  afterAll(async () => {
    await browser?.close();
    server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A page of a browser that has never been here. */
  async function openPage(view: string): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', error => errors.push(error.message));
    page.on('console', message => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`${address}#/${view}`);
    return { page, context };
  }

  async function download(page: Page, ending: string): Promise<Buffer> {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByLabel('Download the model').selectOption(ending)]);
    const path = join(folder, file.suggestedFilename());
    await file.saveAs(path);
    return readFile(path);
  }

  /** Whether the browser keeps a file. */
  const keeps = (page: Page, path: string): Promise<boolean> =>
    page.evaluate(async names => {
      let at = await navigator.storage.getDirectory();
      try {
        for (const name of names.slice(0, -1)) at = await at.getDirectoryHandle(name);
        await at.getFileHandle(names.at(-1)!);
        return true;
      } catch {
        return false;
      }
    }, `wgrad/${path}`.split('/'));

  async function fillRun(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) await page.locator(`.start-form [name=${name}]`).fill(value);
  }

  describe('without WebGPU, by the CPU reference', () => {
    beforeAll(async () => {
      browser = await openChromium({ webgpu: false });
    });
    afterAll(() => browser.close());

    test('a run that a reload interrupts goes on to the weights that Node gives', async () => {
      const { page, context } = await openPage('train');
      await page.getByText('Computed in this page by the CPU reference, fit for small networks: this browser has no WebGPU.').waitFor();
      await page.getByText('Network of a model file').click();
      const values = { seed: `${SEED}`, batchSize: `${BATCH_SIZE}`, maxSteps: `${STEPS}`, network: 'small-network.safetensors' };
      await fillRun(page, values);
      await page.locator('[name=augment]').uncheck();
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await expect.poll(() => keeps(page, 'runs/studio-1/last.safetensors'), { timeout: 60_000, interval: 50 }).toBe(true);
      // Another tab leaves the run to this one, also while it is paused.
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused').waitFor();
      const other = await context.newPage();
      await other.goto(`${address}#/train`);
      await other.getByText('New run').waitFor();
      expect(await other.getByRole('button', { name: 'Pause' }).count()).toBe(0);
      await other.close();
      await page.reload();
      await page.getByText('Running').waitFor();
      await page.getByText('Finished').waitFor();
      const found = readCheckpoint('site', await download(page, 'safetensors'));
      const wanted = await trainInNode(folder);
      expect(found.step).toBe(STEPS);
      expect(await found.model.getWeights()).toEqual(await wanted.model.getWeights());
      expect(found.moments).toEqual(wanted.moments);

      // Its curves are those of the whole run, and a second one has a folder of its own.
      await expect.poll(() => page.locator('.start-form [name=out]').inputValue()).toBe('runs/studio-2');
      await page.reload();
      await page.getByRole('checkbox', { name: 'studio-1' }).waitFor();
      await context.close();
    });

    test('another run is not written over, nor taken away by one that cannot begin', async () => {
      const { page, context } = await openPage('train');
      const start = async (train = 'faces'): Promise<void> => {
        if (!(await page.locator('.start-form [name=network]').isVisible())) await page.getByText('Network of a model file').click();
        await fillRun(page, {
          out: 'runs/mine',
          train,
          validation: 'faces',
          epochs: '1',
          maxSteps: '1',
          network: 'small-network.safetensors',
        });
        await page.getByRole('button', { name: 'Start', exact: true }).click();
      };
      await start();
      await page.getByText('Finished').waitFor();
      await page.getByText('New run').click();
      await start();
      await page
        .getByText(/runs\/mine has a run already/)
        .first()
        .waitFor();
      await page.getByLabel(/overwrite/i).check();
      await start('nowhere');
      await page
        .getByText(/nowhere/)
        .first()
        .waitFor();
      await page.getByLabel(/overwrite/i).uncheck();
      await start();
      await page
        .getByText(/runs\/mine has a run already/)
        .first()
        .waitFor();
      await context.close();
    });
  });

  describe('by WebGPU', () => {
    beforeAll(async () => {
      browser = await openChromium();
    });

    test('on drawn faces by one button, and the page answers meanwhile', async () => {
      const { page, context } = await openPage('');
      await page.getByRole('button', { name: /Train on sample faces/ }).click();
      await page.getByText(/Epoch \d+/).waitFor();
      await page.evaluate(() => {
        const longTasks: number[] = [];
        Object.assign(globalThis, { longTasks });
        new PerformanceObserver(list => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
      });
      await page.getByRole('link', { name: 'Curves' }).click();
      await page.waitForTimeout(3000);
      const longest = await page.evaluate(() => Math.max(0, ...(globalThis as unknown as { longTasks: number[] }).longTasks));
      console.log(`site: longest task of the page while it trains ${longest.toFixed(0)} ms`);
      expect(longest).toBeLessThan(LONGEST_TASK_MS);
      await page.goto(`${address}#/home`);
      const ended = page.getByText(/Trained: right on/);
      await ended.waitFor({ timeout: 120_000 });
      const [, right, seconds] = /right on ([\d.]+)\s% .* after (\d+)\ss/.exec((await ended.textContent())!)!;
      console.log(`site: right on ${right} % of the drawn faces that it has not seen after ${seconds} s`);
      expect(Number(right)).toBeGreaterThan(90);
      expect(Number(seconds)).toBeLessThan(90);
      await context.close();
    });

    test('models of other kinds are downloaded and opened, and a folder of pictures is trained on', async () => {
      const { page, context } = await openPage('train');
      const own = page.getByLabel('Your own files');
      await own
        .locator('input')
        .first()
        .setInputFiles(join(packageRoot, 'data', 'lesson.safetensors'));
      await own.getByText('models/lesson.safetensors').waitFor();
      for (const ending of ['keras', 'h5']) {
        await download(page, ending);
        await own
          .locator('input')
          .first()
          .setInputFiles(join(folder, `lesson.${ending}`));
        await own.getByText(`models/lesson.${ending}`).waitFor();
      }
      expect((await download(page, 'onnx')).length).toBeGreaterThan(8000);
      await own
        .locator('input')
        .last()
        .setInputFiles(join(packageRoot, 'data', 'faces'));
      await expect.poll(() => page.locator('.start-form [name=train]').inputValue()).toBe('pictures/faces');
      await page.getByText('Network of a model file').click();
      await fillRun(page, { epochs: '1', network: 'models/lesson.keras' });
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByText('Finished').waitFor();
      await context.close();
    });

    test('without errors', () => {
      expect(errors).toEqual([]);
    });
  });
});
