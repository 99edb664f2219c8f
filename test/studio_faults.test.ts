import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conv2d, dense, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { trainingFolders } from './helpers/pictures.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

if (noChromium) console.log(`not run: faults of the studio's page; ${noChromium}`);

const { train, validation, work } = await trainingFolders(4, 3);
const runs = join(work, 'runs');
const LONG = Array.from({ length: 12 }, (_, i) => `pictures_of_noise_that_have_a_very_long_name_of_class_${i}`);

const network = (units: number, channels: number, size = 20): Sequential =>
  sequential(
    [
      conv2d(4, 3, { activation: 'relu', inputShape: [size, size, channels] }),
      maxPooling2d(),
      flatten(),
      dense(units, { activation: units === 1 ? 'sigmoid' : 'softmax' }),
    ],
    { seed: 2 },
  );

/** Saves a model below the folder of runs, from where a page may open it. */
async function save(
  name: string,
  model: Sequential,
  classes: readonly string[],
  prepare?: (model: Sequential) => Promise<void>,
): Promise<string> {
  const isBinary = model.outputShape[0] === 1;
  await model.compile({ loss: isBinary ? 'binaryCrossentropy' : 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  await prepare?.(model);
  const path = join(runs, `${name}.safetensors`);
  await saveCheckpoint(path, model, { classes, rescale: 1 / 255 });
  await model.close();
  return path;
}

describe.skipIf(noChromium)("faults of the studio's page", () => {
  let studio: RunningStudio;
  let browser: Browser;
  const models: Record<string, string> = {};
  const many = join(work, 'many');

  beforeAll(async () => {
    await mkdir(runs);
    for (const [i, name] of LONG.entries()) {
      await mkdir(join(many, name), { recursive: true });
      await cp(join(train, i % 2 === 0 ? 'red' : 'blue', '1.png'), join(many, name, '1.png'));
    }
    const names = ['blue', 'red'];
    models.grey = await save('grey', network(1, 1), names);
    models.long = await save('long', network(12, 3), LONG);
    models.dead = await save('dead', network(2, 3), names, async model => {
      model.setWeights({ ...(await model.getWeights()), 'conv2d.bias': new Float32Array(4).fill(-50) });
    });
    models.large = await save(
      'large',
      sequential([flatten({ inputShape: [64, 64, 3] }), dense(50), dense(2, { activation: 'softmax' })]),
      names,
    );
    studio = await startStudio(['studio', '--runs', runs, '--no-tune', '--no-open']);
    browser = await openChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.end();
  });

  const open = async (model: string, data = validation): Promise<void> => {
    const socket = await studio.connect();
    const from = socket.events.length;
    socket.send({ type: 'open', model: models[model]!, data });
    await socket.until('data', undefined, from);
    socket.close();
  };

  /** A page at an address; what goes wrong in it fails the test. */
  async function pageAt(hash: string, width = 1280, height = 800): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height } });
    page.setDefaultTimeout(20_000);
    page.on('pageerror', error => expect.fail(error.message));
    await page.goto(`http://127.0.0.1:${studio.port}/?token=${studio.token}${hash}`);
    await page.locator('main h1').waitFor();
    await visit(page, hash);
    return page;
  }
  const visit = (page: Page, hash: string): Promise<void> =>
    page.evaluate(to => {
      location.hash = to;
    }, hash);
  const settled = (page: Page): Promise<unknown> => page.locator('.picture-panel[aria-busy=false] .classes').waitFor();

  test('a model of grey pictures with one output is shown in every view, as two classes', async () => {
    await open('grey');
    const page = await pageAt('#/learned');
    await settled(page);
    expect(await page.locator('.picture-panel .classes tr').allTextContents()).toHaveLength(2);
    await page.locator('.confusion button').nth(3).waitFor();
    expect(await page.locator('.heat canvas').count()).toBeGreaterThanOrEqual(2);
    await page
      .getByText(/^strongest|^0 everywhere/)
      .first()
      .waitFor();
    for (const hash of [
      '#/network?layer=0',
      '#/number?tensor=layer3/output',
      '#/number?tensor=loss',
      '#/shader?tensor=layer0/output&index=3',
    ]) {
      await visit(page, hash);
      await page.waitForTimeout(400);
      await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
      expect(await page.locator('main [role=alert], main .trouble').allTextContents(), hash).toEqual([]);
    }
    // Of the kernel that runs the tag stays in one line, and of numbers below 0 the bars are blue, as the maps are.
    await page.setViewportSize({ width: 1920, height: 1080 });
    expect((await page.locator('.ladder .tag').first().boundingBox())!.height).toBeLessThan(28);
    await visit(page, '#/number?tensor=logits');
    const colorOf = (bar: string): Promise<string> =>
      page
        .locator(bar)
        .first()
        .evaluate(element => getComputedStyle(element).backgroundColor);
    expect([await colorOf('.bar.positive'), await colorOf('.bar.negative')]).toEqual(['rgb(217, 121, 20)', 'rgb(47, 120, 179)']);
    await visit(page, '#/learned');
    await page.getByText(/^Validation pictures with the nearest outputs of/).waitFor();
    await page.close();
  });

  test('12 classes of long names fit: columns are numbered, names cut, and a phone does not scroll sideways', async () => {
    await open('long', many);
    for (const [width, height] of [[1280, 800] as const, [390, 844] as const]) {
      const page = await pageAt('#/learned', width, height);
      await page.locator('.confusion.numbered tbody tr').nth(11).waitFor();
      await settled(page);
      expect(await page.locator('.confusion thead th').allTextContents()).toEqual(['true ╲ predicted', ...LONG.map((_, i) => `${i}`)]);
      expect(await page.locator('.confusion tbody th [title]').first().getAttribute('title')).toBe(LONG[0]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      const covers = await page.evaluate(() => {
        const { right } = document.querySelector('.picture-panel')!.getBoundingClientRect();
        return [...document.querySelectorAll('.picture-panel select')].some(select => select.getBoundingClientRect().right > right);
      });
      expect(covers).toBe(false);
      await visit(page, '#/home');
      const names = page.locator('.glance-classes [title]');
      await names.nth(11).waitFor();
      expect(await names.first().getAttribute('title')).toBe(LONG[0]);
      expect(await names.first().textContent()).toMatch(/^p.*….*_0$/);
      await page.close();
    }
  });

  test('a mistake that is chosen brings its picture into sight', async () => {
    await open('long', many);
    const page = await pageAt('#/learned?all=1', 390, 844);
    await page.locator('.mistakes .gallery a').nth(5).click();
    await settled(page);
    const { top, bottom } = await page.locator('.picture-panel').evaluate(panel => panel.getBoundingClientRect().toJSON() as DOMRect);
    expect(bottom).toBeGreaterThan(100);
    expect(top).toBeLessThan(744);
    await page.close();
  });

  test('a Grad-CAM that is 0 everywhere says so, and an own picture that it has no label', async () => {
    await open('dead');
    const page = await pageAt('#/learned');
    await page.getByText('0 everywhere: no channel of conv2d is evidence for this class here.').waitFor();
    const file = await readFile(join(train, 'red', '0.png'));
    await page.locator('.picture-panel input[type=file]').setInputFiles({ name: 'mine.png', mimeType: 'image/png', buffer: file });
    await page.getByText('Your own picture has no label').waitFor();
    const other = await pageAt('#/learned?picture=file');
    await other.getByText('The picture of this address was a file given to another page.').waitFor();
    expect(await other.locator('.picture-panel .classes').count()).toBe(0);
    for (const each of [page, other]) await each.close();
  });

  test('of a large network the open layer is asked for alone, forward first; numbers of the picture before are dimmed until then', async () => {
    await open('large');
    const page = await pageAt('#/network?layer=1&picture=validation:0');
    await settled(page);
    const asked: URLSearchParams[] = [];
    const held: (() => void)[] = [];
    await page.route('**/api/inspect?*', async route => {
      asked.push(new URL(route.request().url()).searchParams);
      await new Promise<void>(resolve => held.push(resolve));
      await route.continue();
    });
    await visit(page, '#/network?layer=1&picture=validation:1');
    await page.locator('.stack.stale').first().waitFor();
    await expect.poll(() => held.length).toBe(1);
    held.shift()!();
    await page.getByText('Computing gradients and weights…').first().waitFor();
    expect(await page.locator('.stale').count()).toBe(0);
    expect(await page.locator('.layer.open .tabs button').allTextContents()).toEqual(['Output']);
    await expect.poll(() => held.length).toBe(1);
    held.shift()!();
    await page.getByRole('button', { name: 'Gradient of the kernel' }).waitFor();
    expect(asked.map(query => [query.get('layers'), query.get('forward')])).toEqual([
      ['1', '1'],
      ['1', null],
    ]);
    await page.close();
  });

  test('Enter on a map leads to its number, and keeps the focus in the view', async () => {
    await open('grey');
    const page = await pageAt('#/network?layer=0');
    await settled(page);
    await page.locator('.layer.open .maps .stack button.map-frame').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'How it was computed' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true);
    await page.close();
  });

  test("a start that fails leaves the form open as it was filled in; a run's numbers do not stand beside another model", async () => {
    const page = await pageAt('#/train');
    const form = page.locator('form.start-form').first();
    await form.waitFor();
    const fill = async (values: Readonly<Record<string, string>>): Promise<void> => {
      for (const [name, value] of Object.entries(values)) await form.locator(`[name=${name}]`).fill(value);
    };
    await fill({
      train: join(work, 'nowhere'),
      validation,
      epochs: '100000',
      imageHeight: '20',
      imageWidth: '20',
      batchSize: '2',
    });
    await form.getByRole('button', { name: 'Start' }).click();
    await page.locator('.run-controls .bad').waitFor();
    expect(await form.isVisible()).toBe(true);
    expect(await form.locator('[name=train]').inputValue()).toBe(join(work, 'nowhere'));
    const out = await form.locator('[name=out]').inputValue();
    await fill({ train });
    await form.locator('[name=augment]').uncheck();
    await form.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('region', { name: 'The batch of the last step' }).waitFor();
    await page.getByText('Norms of the weights').waitFor();
    expect(await page.getByRole('heading', { name: /^The batch of step \d+/ }).textContent()).not.toContain('augmented');
    await page.getByRole('button', { name: 'Stop and save' }).click();
    await page.locator('.run-controls').getByText('Stopped').waitFor();
    // The next run is proposed a folder of its own.
    await expect.poll(() => form.locator('[name=out]').inputValue()).not.toBe(out);
    await open('grey');
    await page.getByText('Norms of the weights').waitFor({ state: 'detached' });
    expect(await page.getByRole('region', { name: 'The batch of the last step' }).count()).toBe(0);
    await visit(page, '#/network');
    await settled(page);
    expect(await page.getByRole('button', { name: /Compute again/ }).count()).toBe(0);
    await page.close();
  });
});
