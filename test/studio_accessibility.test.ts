import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import type { Lesson } from '../src/studio/page/lesson.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { stubPageGlobals } from './helpers/page_globals.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

const root = join(import.meta.dirname, '..');
const MODEL = join(root, 'data', 'lesson.safetensors');
const FACES = join(root, 'data', 'faces');

if (noChromium) console.log(`not run: accessibility of the studio; ${noChromium}`);

/** An address of each view, with what it shows when it is used. */
const ADDRESSES = [
  '#/home',
  '#/build',
  '#/train',
  '#/network?layer=0&show=kernel',
  '#/network?layer=0&lesson=convolution',
  '#/number?tensor=layer0/output&index=1000',
  '#/number?tensor=layer0/kernel/gradient&index=5',
  '#/number?tensor=layer0/kernel&index=5',
  '#/shader?tensor=layer0/output&index=1000',
  '#/learned?all=1',
  '#/lessons',
  '#/gpu',
];

/** The last is a screen of 1280 pixels at a zoom of 200 %. */
const SIZES = { wide: [1280, 800], phone: [390, 844], zoomed: [640, 400] } as const;

const LONG = Array.from({ length: 12 }, (_, i) => `pictures_that_have_a_very_long_name_of_class_${i}`);

describe.skipIf(noChromium)('no view breaks a rule of accessibility', () => {
  let folder: string;
  let studio: RunningStudio;
  let browser: Browser;
  let axe: string;
  let lessons: readonly Lesson[];

  beforeAll(async () => {
    stubPageGlobals();
    ({ lessons } = await import('../src/studio/page/lessons/index.js'));
    folder = await mkdtemp(join(tmpdir(), 'wgrad-axe-'));
    studio = await startStudio(['studio', MODEL, '--data', FACES, '--runs', folder, '--no-tune', '--no-open']);
    browser = await openChromium();
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.end();
    await rm(folder, { recursive: true, force: true });
  });

  /** What axe finds in a page, a line each. */
  async function faultsOf(page: Page, address: string): Promise<string[]> {
    const { violations } = await page.evaluate(async () => {
      const { axe: scanner } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
      return scanner.run({
        resultTypes: ['violations'],
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      });
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${address}: ${id} ${target}: ${failureSummary}`),
    );
  }

  /**
   * What scrolls and can't be scrolled by the keyboard: axe takes it for enough that something within can have the focus. A nav is all links, and
   * the one with the focus comes into sight.
   */
  const unreachedOf = (page: Page, address: string): Promise<string[]> =>
    page.evaluate(where => {
      const scrolls = (element: HTMLElement): boolean => {
        const { overflowX, overflowY } = getComputedStyle(element);
        const isOver = (overflow: string, all: number, seen: number): boolean => /auto|scroll/.test(overflow) && all > seen + 1;
        return isOver(overflowX, element.scrollWidth, element.clientWidth) || isOver(overflowY, element.scrollHeight, element.clientHeight);
      };
      const all = [...document.querySelectorAll<HTMLElement>('main :not(nav)')];
      const found = all.filter(element => element.tabIndex < 0 && element.offsetParent && scrolls(element));
      return found.map(({ tagName, className }) => `${where}: ${tagName} ${className} scrolls without the keyboard`);
    }, address);

  async function openPage(colorScheme: 'light' | 'dark', size: keyof typeof SIZES): Promise<Page> {
    const [width, height] = SIZES[size];
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    await page.goto(`http://127.0.0.1:${studio.port}/?token=${studio.token}`);
    await page.locator('main h1').waitFor();
    // The page's policy keeps scripts of others out, this one included, unless it comes as the browser's own.
    await page.evaluate(axe);
    return page;
  }

  /** What is wrong with a page when it shows an address, or after a click that leads to one. */
  async function lookAt(page: Page, address: string, click?: () => Promise<void>): Promise<string[]> {
    if (click) await click();
    else {
      await page.evaluate(hash => {
        location.hash = hash;
      }, address);
    }
    // What is asked for begins a moment later, and numbers of before are dimmed until it is there.
    for (let i = 0; i < 2; i++) {
      await page.waitForTimeout(200);
      await page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('[aria-busy="true"]'));
    }
    await page.waitForTimeout(200);
    const faults = [...(await faultsOf(page, address)), ...(await unreachedOf(page, address))];
    const [across, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
    return across > seen ? [...faults, `${address}: it is ${across} pixels wide, on a screen of ${seen}`] : faults;
  }

  test.concurrent.each([
    ['light', 'wide'],
    ['light', 'phone'],
    ['dark', 'wide'],
    ['dark', 'phone'],
  ] as const)('%s, %s', async (theme, size) => {
    const page = await openPage(theme, size);
    const faults: string[] = [];
    for (const address of ADDRESSES) faults.push(...(await lookAt(page, address)));
    await page.close();
    expect(faults).toEqual([]);
  });

  test.concurrent.each([
    ['light', 'wide', 0],
    ['dark', 'phone', 1],
  ] as const)(
    'nor does the first step of a lesson or the one with its run, answered: %s, %s, each second lesson',
    async (theme, size, first) => {
      const page = await openPage(theme, size);
      const faults: string[] = [];
      for (const { id, steps } of lessons.filter((_, i) => i % 2 === first)) {
        for (const [at, { stage }] of steps.entries()) {
          if (at > 0 && !stage) continue;
          const address = `${id}, step ${at + 1}`;
          const open = async (): Promise<void> => {
            await page.evaluate(hash => {
              location.hash = hash;
            }, `#/lessons/${id}`);
            await page.getByRole('link', { name: `Step ${at + 1}:` }).click();
            await page.locator('.question summary').click();
            if (stage) await page.locator('.tiny-run:is([data-state=done], [data-state=failed])').waitFor({ timeout: 60_000 });
          };
          faults.push(...(await lookAt(page, address, open)));
        }
      }
      await page.close();
      expect(faults).toEqual([]);
    },
  );

  test('nor does what is opened, chosen, wrong or empty', async () => {
    const page = await openPage('light', 'zoomed');
    const faults: string[] = [];
    const look = async (state: string, address: string, act: (page: Page) => Promise<void>): Promise<void> => {
      await lookAt(page, address);
      faults.push(...(await lookAt(page, `${address}, ${state}`, () => act(page))));
    };
    const openAll = (): Promise<void> =>
      page.evaluate(() => {
        for (const details of document.querySelectorAll('main details')) details.setAttribute('open', '');
      });
    await look('every form open', '#/train', openAll);
    await look('an own picture, without a label', '#/learned', async () => {
      await page.locator('.picture-panel input[type=file]').setInputFiles(join(FACES, 'with_mask', '3.png'));
      await page.getByText('Your own picture has no label').waitFor();
    });
    await look('the camera', '#/network', () => page.getByRole('button', { name: 'Camera' }).click());
    await look('a number as a list', '#/number?tensor=layer2/pre_activation', openAll);
    await look('a layer that is wrong', '#/build', () => page.getByLabel('kernel of layer 2').fill('13'));
    await look('all limits', '#/gpu', openAll);
    await look('a refusal', '#/train', async () => {
      await openAll();
      await page.locator('form.start-form [name=model]').fill('nowhere.keras');
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      await page.locator('.toast').waitFor();
    });
    await look('a tensor that is not there', '#/number?tensor=layer99/output', async () => {});
    await page.close();
    expect(faults).toEqual([]);
  });

  test('nor do 12 classes of long names', async () => {
    const data = join(folder, 'long');
    for (const name of LONG) await cp(join(FACES, 'with_mask', '3.png'), join(data, name, '1.png'));
    const model = sequential([flatten({ inputShape: [8, 8, 3] }), dense(LONG.length, { activation: 'softmax' })], { seed: 1 });
    await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
    const file = join(folder, 'long.safetensors');
    await saveCheckpoint(file, model, { classes: LONG, rescale: 1 / 255 });
    await model.close();
    await openModel(file, data);
    const faults: string[] = [];
    for (const [theme, size] of [['light', 'wide'] as const, ['dark', 'phone'] as const]) {
      const page = await openPage(theme, size);
      for (const address of ['#/home', '#/network?layer=1', '#/number?tensor=logits', '#/learned?all=1']) {
        faults.push(...(await lookAt(page, address)));
      }
      await page.close();
    }
    await openModel(MODEL, FACES);
    expect(faults).toEqual([]);
  });

  async function openModel(model: string, data: string): Promise<void> {
    const socket = await studio.connect();
    const from = socket.events.length;
    socket.send({ type: 'open', model, data });
    await socket.until('data', undefined, from);
    socket.close();
  }

  test('nor does a run', async () => {
    const socket = await studio.connect();
    const config = { train: FACES, validation: FACES, out: join(folder, 'run'), imageSize: [20, 20], seed: 1, augment: true } as const;
    socket.send({ type: 'start', config: { ...config, epochs: 2, batchSize: 2, maxSteps: 12 } });
    await socket.until('state', ({ state }) => ['ended', 'stopped', 'failed'].includes(state));
    socket.close();
    const faults: string[] = [];
    for (const [theme, size] of [['light', 'wide'] as const, ['dark', 'phone'] as const]) {
      const page = await openPage(theme, size);
      for (const address of ['#/train', '#/network?picture=batch:0']) faults.push(...(await lookAt(page, address)));
      await page.close();
    }
    expect(faults).toEqual([]);
  });
});
