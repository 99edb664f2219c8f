import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { drawFaces } from '../src/cli/demo.js';
import { readSafetensors } from '../src/formats/safetensors.js';
import { readInspection } from '../src/inspect/bytes.js';
import type { Inspection } from '../src/inspect/types.js';
import type { Lesson } from '../src/studio/page/lesson.js';
import { ROUTES } from '../src/studio/protocol.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { stubPageGlobals } from './helpers/page_globals.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

/** Sums are in float64 of float32 factors; the kernels add in float32 and in another order. */
const ROUNDING = 2e-5;

/** How far the browser's numbers may lie from the server's. */
const TOLERANCE = 1e-4;

/** The page answers while a run streams: no task of its thread takes longer. */
const LONGEST_TASK_MS = 100;

if (noChromium) console.log(`not run: the studio in a browser; ${noChromium}`);

/** A number as the page writes it. */
const numberOf = (text: string): number => Number(text.replaceAll('−', '-').replaceAll(',', ''));

const textOf = async (found: Locator): Promise<string> => (await found.textContent()) ?? '';

describe.skipIf(noChromium)('the studio in Chromium', () => {
  let folder: string;
  let studio: RunningStudio;
  let browser: Browser;
  let page: Page;
  let lessons: readonly Lesson[];
  /** What went wrong in the page, and requests that left this machine. */
  const errors: string[] = [];
  const foreign: string[] = [];

  beforeAll(async () => {
    stubPageGlobals();
    ({ lessons } = await import('../src/studio/page/lessons/index.js'));
    folder = await mkdtemp(join(tmpdir(), 'wgrad-studio-'));
    await drawFaces({ train: join(folder, 'train'), validation: join(folder, 'validation') }, 30, 3);
    studio = await startStudio(['studio', '--runs', join(folder, 'runs'), '--no-tune', '--no-open']);
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(15_000);
    page.on('pageerror', error => errors.push(error.message));
    page.on('console', message => message.type() === 'error' && errors.push(message.text()));
    page.on('response', response => {
      if (response.status() >= 400) void response.text().then(text => errors.push(`${response.status()} ${response.url()}: ${text}`));
    });
    page.on('request', request => {
      const { protocol, hostname } = new URL(request.url());
      if (!['data:', 'blob:'].includes(protocol) && hostname !== '127.0.0.1') foreign.push(request.url());
    });
    await page.addInitScript(() => {
      const tasks: number[] = [];
      Object.assign(globalThis, { longTasks: tasks });
      new PerformanceObserver(list => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
    });
    await page.goto(`http://127.0.0.1:${studio.port}/?token=${studio.token}#/train`);
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.end();
    await rm(folder, { recursive: true, force: true });
  });

  /** What the server computes of the first validation picture, asked without the page. */
  async function inspectionOfServer(): Promise<Inspection> {
    const { status, body } = await studio.fetch(`${ROUTES.inspect}?set=validation&index=0&training=0`, { method: 'POST' });
    expect(status, body.toString()).toBe(200);
    return readInspection('the answer', body);
  }

  /** Goes to a view by its address. */
  const visit = (hash: string): Promise<void> =>
    page.evaluate(to => {
      location.hash = to;
    }, hash);

  const status = (): Promise<string> => textOf(page.locator('.run-controls [role=status]'));
  const stepOf = (text: string): number => numberOf(/step ([\d,]+)/.exec(text)?.[1] ?? '0');
  const waitForStatus = (pattern: RegExp): Promise<string> =>
    vi.waitUntil(
      async () => {
        const text = await status().catch(() => '');
        return pattern.test(text) && text;
      },
      { timeout: 30_000, interval: 50 },
    );

  /** What the first card of the number view says: its sum, and the buffer's number. */
  async function story(card: string): Promise<{ readonly sum: number; readonly value: number }> {
    const found = page.getByRole('region', { name: card });
    const read = async (name: string): Promise<number> => numberOf(await textOf(found.locator(`[data-number=${name}]`).last()));
    return { sum: await read('sum'), value: await read('value') };
  }

  /** Shows a number and compares what is laid out with the buffer that the server gives when it is asked without the page. */
  async function expectLaidOut(inspection: Inspection, tensor: string, index: number): Promise<void> {
    await visit(`#/number?picture=validation:0&tensor=${tensor}&index=${index}`);
    await page.locator('figcaption .mono', { hasText: tensor }).first().waitFor();
    const { sum, value } = await story('How it was computed');
    const buffer = inspection.tensors[tensor]!.data;
    // The page writes as many digits as tell float32 apart.
    expect(Math.fround(value), tensor).toBe(buffer[index]);
    const scale = Math.abs(buffer[largest(inspection, tensor)]!);
    expect(Math.abs(sum - value), `${tensor}: ${sum} and ${value}`).toBeLessThanOrEqual(ROUNDING * scale);
    expect(value).not.toBe(0);
  }

  /** The index of a tensor's largest number: one that says something. */
  const largest = ({ tensors }: Inspection, tensor: string): number => {
    const { data } = tensors[tensor]!;
    let best = 0;
    for (let i = 1; i < data.length; i++) if (Math.abs(data[i]!) > Math.abs(data[best]!)) best = i;
    return best;
  };

  test('paints at once', async () => {
    await page.getByRole('heading', { name: 'Training' }).waitFor();
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime);
    console.log(`studio: first paint after ${paint.toFixed(0)} ms`);
    expect(paint).toBeLessThan(1000);
  });

  test('starts a run, whose curves grow', async () => {
    const fill = async (name: string, value: string): Promise<void> => page.locator(`[name=${name}]`).fill(value);
    await fill('train', join(folder, 'train'));
    await fill('validation', join(folder, 'validation'));
    await fill('epochs', '500');
    await fill('batchSize', '6');
    await fill('imageHeight', '32');
    await fill('imageWidth', '32');
    await fill('seed', '1');
    await page.getByRole('button', { name: 'Start' }).click();
    const first = stepOf(await waitForStatus(/Running.*step/s));
    const chart = page.getByRole('region', { name: 'Curves' }).locator('canvas').first();
    const drawing = (): Promise<string> => chart.evaluate(canvas => (canvas as HTMLCanvasElement).toDataURL());
    const before = await drawing();
    const later = await vi.waitUntil(
      async () => {
        const step = stepOf(await status());
        return step > first + 12 && step;
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(later).toBeGreaterThan(first);
    expect(await drawing()).not.toBe(before);
    await page.getByText('Norms of the gradients').waitFor({ timeout: 60_000 });
  });

  test('keeps the page answering while a run streams', async () => {
    // Chromium, the server and the kernels share the machine's cores, which can only lengthen tasks: the quietest of a few spans counts.
    const longest: number[] = [];
    for (let span = 0; span < 5 && !longest.some(ms => ms < LONGEST_TASK_MS); span++) {
      await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks.splice(0));
      const from = stepOf(await status());
      await page.waitForTimeout(3000);
      const steps = stepOf(await status()) - from;
      const tasks = await page.evaluate(() => [...(globalThis as unknown as { longTasks: number[] }).longTasks]);
      console.log(`studio: ${steps} steps in 3 s; tasks over 50 ms: ${tasks.map(ms => ms.toFixed(0)).join(', ') || 'none'}`);
      expect(steps).toBeGreaterThan(0);
      longest.push(Math.max(0, ...tasks));
    }
    expect(Math.min(...longest)).toBeLessThan(LONGEST_TASK_MS);
  });

  test('pauses, steps and resumes', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await waitForStatus(/Paused/);
    // The last steps may be told of a moment later.
    await page.waitForTimeout(500);
    const paused = stepOf(await status());
    await page.waitForTimeout(700);
    expect(stepOf(await status())).toBe(paused);
    await page.getByRole('button', { name: 'Step', exact: true }).click();
    await vi.waitUntil(async () => stepOf(await status()) > paused, { timeout: 15_000, interval: 50 });
    await page.waitForTimeout(300);
    expect(stepOf(await status())).toBe(paused + 1);
  });

  test("lays out numbers of the forward and backward pass that add up to the buffers'", async () => {
    const inspection = await inspectionOfServer();
    for (const tensor of [
      'layer0/output',
      'layer1/output',
      'layer2/output',
      'layer6/output',
      'logits',
      'loss',
      'layer1/output/gradient',
      'layer0/kernel/gradient',
      'layer6/kernel/gradient',
    ]) {
      await expectLaidOut(inspection, tensor, largest(inspection, tensor));
    }
  });

  test("leads from a weight's gradient to what it was made of", async () => {
    await visit('#/number?picture=validation:0&tensor=layer0/kernel/gradient&index=7');
    const map = page.getByRole('button', { name: /^The outputs' gradients, 30 rows, 30 columns/ });
    await map.click({ position: { x: 10, y: 3 } });
    await page.locator('figcaption .mono', { hasText: 'layer0/pre_activation/gradient' }).first().waitFor();
    expect(await page.evaluate(() => location.hash)).toContain('index=107');
  });

  test("lays out Adam's step of a weight", async () => {
    const inspection = await inspectionOfServer();
    const index = largest(inspection, 'layer0/kernel/gradient');
    await visit(`#/number?picture=validation:0&tensor=layer0/kernel&index=${index}`);
    const card = page.getByRole('region', { name: "The optimizer's step" });
    await card.waitFor();
    const rows = card.locator('.sum-row');
    const read = async (row: number, name: string): Promise<number> =>
      numberOf(await textOf(rows.nth(row).locator(`[data-number=${name}]`)));
    const names = ['layer0/kernel/m/updated', 'layer0/kernel/v/updated', 'layer0/kernel/updated'];
    expect(await rows.count()).toBe(names.length);
    for (const [row, name] of names.entries()) {
      const buffer = inspection.tensors[name]!.data[index]!;
      // The page shows eight digits.
      expect(Math.abs((await read(row, 'value')) - buffer), name).toBeLessThanOrEqual(1e-7 * Math.abs(buffer));
      expect(Math.abs((await read(row, 'sum')) - buffer), name).toBeLessThanOrEqual(ROUNDING * Math.abs(buffer));
    }
    expect(inspection.tensors['layer0/kernel/updated']!.data[index]).not.toBe(inspection.tensors['layer0/kernel']!.data[index]);
  });

  test('computes in the browser what the server computes', async () => {
    const inspection = await inspectionOfServer();
    await visit('#/number?picture=validation:0&tensor=probabilities&index=0&engine=browser');
    await page.getByText('in this browser').waitFor({ timeout: 60_000 });
    const { value } = await story('How it was computed');
    expect(Math.abs(value - inspection.tensors.probabilities!.data[0]!)).toBeLessThanOrEqual(TOLERANCE);
  });

  test('shows a shader beside the number that it computed', async () => {
    await visit('#/shader?picture=validation:0&tensor=layer0/output&index=100');
    await page.getByRole('region', { name: 'Source' }).getByText('@compute').first().waitFor();
    expect(await textOf(page.getByRole('region', { name: 'Variants' }))).toContain('naive');
    expect(await textOf(page.getByRole('region', { name: 'The invocation' }))).toContain('workgroup_id');
  });

  test('takes a picture that is dropped, and shows its Grad-CAM', async () => {
    const file = readFileSync(join(import.meta.dirname, '../data/faces/with_mask/3.png'));
    await visit('#/learned');
    await page.locator('.picture-panel').evaluate((panel, base64) => {
      const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], 'face.png', { type: 'image/png' }));
      panel.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, file.toString('base64'));
    await page.getByRole('combobox', { name: 'Pictures from' }).getByText('face.png').waitFor({ state: 'attached' });
    // Asked without the page, the server's map has the same largest number at the same place.
    const { status: code, body } = await studio.fetch(`${ROUTES.explain}?kind=grad-cam`, { method: 'POST', body: file });
    expect(code, body.toString()).toBe(200);
    const { shape, data } = readSafetensors('the answer', body).tensors.get('map')!;
    const width = shape[1]!;
    const at = data.indexOf(Math.max(...data));
    const place = `at row ${Math.floor(at / width)}, column ${at % width} of ${shape[0]} × ${width}`;
    const map = page.locator(`.heat canvas[aria-label^="Grad-CAM for"][aria-label*="${place}"]`);
    await map.waitFor();
    // It is drawn in a frame of its own.
    const colors = (): Promise<number> =>
      map.evaluate(canvas => {
        const { width: w, height: h } = canvas as HTMLCanvasElement;
        return new Set(new Uint32Array((canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, w, h).data.buffer)).size;
      });
    await vi.waitUntil(async () => (await colors()) > 100, { timeout: 5000, interval: 50 });
  });

  test('takes a picture with the camera, as the network sees it', async () => {
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.getByRole('button', { name: 'Take it' }).click();
    await page.getByRole('combobox', { name: 'Pictures from' }).getByText('camera').waitFor({ state: 'attached' });
    // The pattern of Chromium's camera is green.
    const corner = (): Promise<number[]> =>
      page
        .locator('.picture-panel canvas')
        .first()
        .evaluate(canvas => [...(canvas as HTMLCanvasElement).getContext('2d')!.getImageData(1, 1, 1, 1).data]);
    await vi.waitUntil(
      async () => {
        const [red, green, blue] = await corner();
        return green! > 100 && red! < 50 && blue! < 50;
      },
      { timeout: 15_000, interval: 50 },
    );
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('video').waitFor({ state: 'detached' });
  });

  test('opens every step of every lesson', async () => {
    await visit('#/train');
    await page.getByRole('button', { name: 'Stop and save' }).click();
    await waitForStatus(/Stopped/);
    await visit(`#/lessons/${lessons[0]!.id}`);
    await page.locator('.picture-panel[aria-busy=false]').waitFor();
    await page.getByRole('button', { name: 'Open the small network' }).click();
    await page.getByRole('button', { name: 'Open the small network' }).waitFor({ state: 'detached' });
    for (const { id, steps } of lessons) {
      await visit(`#/lessons/${id}`);
      for (const [at, { title }] of steps.entries()) {
        const panel = page.locator('aside.lesson');
        await panel.getByRole('heading', { name: title }).waitFor();
        expect(await page.locator('main [role=alert], main .trouble').allTextContents(), `${id} ${at}`).toEqual([]);
        if (at < steps.length - 1) await panel.getByRole('link', { name: 'Next' }).click();
      }
      expect(errors, id).toEqual([]);
    }
  });

  test("checks and times kernels on the visitor's adapter, by the shaders that Node reads", async () => {
    await visit('#/gpu');
    await page.locator('[name=only]').fill('softmax');
    await page.getByRole('button', { name: 'Check and time' }).click();
    await page.getByText(/[1-9]\d* kernels checked, all right/).waitFor();
    await page.getByRole('heading', { name: 'Figures to send' }).waitFor();
  });

  test('made no request to another machine, and no error', () => {
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
  });
});
