import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Lesson, LessonStep } from '../src/studio/page/lesson.js';
import type { PlaceName } from '../src/studio/page/lessons/said.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

const root = join(import.meta.dirname, '..');

if (noChromium) console.log(`not run: the studio's lessons in a browser; ${noChromium}`);

/** A step as the page has it. */
interface Step {
  /** Marks of the text: what is said to be shown, and by which part of the view. */
  readonly marks: readonly { readonly by: string; readonly text: string }[];
  /** Parts of the view that the text names. */
  readonly named: readonly string[];
  /** What was worked out from the data. */
  readonly worked: readonly string[];
  /** The text without all these, and without the pieces that the reader plays with. */
  readonly rest: string;
  /** What each part of the view shows: its text, and the labels and values of what is in it. */
  readonly shown: Readonly<Record<string, readonly string[]>>;
}

const plain = (text: string): string =>
  text
    .replace(/[\u00a0\u202f]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** A number as the page writes it; NaN for what is none. */
const numberOf = (text: string): number => (/^[−\d.,e]+$/.test(text) ? Number(text.replaceAll('−', '-').replaceAll(',', '')) : Number.NaN);

/** Whether a part of the view shows a text: as it is, or as a number with more digits. */
function shows(texts: readonly string[], said: string): boolean {
  const wanted = plain(said).replace(/^the /i, '').toLowerCase();
  if (texts.some(text => plain(text).toLowerCase().includes(wanted))) return true;
  const value = numberOf(wanted);
  if (Number.isNaN(value)) return false;
  const digits = Math.max(1, wanted.replace(/e.*$/, '').replace(/[^\d]/g, '').replace(/^0+/, '').length);
  const numbers = texts.flatMap(text => plain(text).match(/−?\d[\d,]*(\.\d+)?(e−?\d+)?/g) ?? []).map(numberOf);
  return numbers.some(number => Number(number.toPrecision(digits)) === value);
}

const WORDS = 'two|three|four|fours|five|six|seven|eight|nine|ten|eleven|twelve|half|halves|quarter|twice|hundred|thousandfold|ln 2';

/** Numbers of a text that are none of its constants. */
function unmarked(rest: string, constants: readonly string[]): readonly string[] {
  let text = plain(rest);
  for (const constant of constants.toSorted((a, b) => b.length - a.length)) {
    text = text.replace(new RegExp(`(?<![\\w.])${constant.replace(/[()]/g, '\\$&')}(?![\\w])`, 'gi'), ' ');
  }
  return text.match(new RegExp(`(?<![A-Za-z_])\\d[\\d.,]*|\\b(${WORDS})\\b`, 'gi')) ?? [];
}

describe.skipIf(noChromium)('the lessons in Chromium', () => {
  let folder: string;
  let studio: RunningStudio;
  let browser: Browser;
  let page: Page;
  let lessons: readonly Lesson[];
  let places: Readonly<Record<PlaceName, string>>;
  const errors: string[] = [];

  beforeAll(async () => {
    vi.stubGlobal('location', { hash: '' });
    vi.stubGlobal('addEventListener', () => {});
    ({ lessons } = await import('../src/studio/page/lessons/index.js'));
    ({ PLACES: places } = await import('../src/studio/page/lessons/said.js'));
    folder = await mkdtemp(join(tmpdir(), 'wgrad-lessons-'));
    const data = ['data/lesson.safetensors', '--data', 'data/faces'].map((each, i) => (i === 1 ? each : join(root, each)));
    studio = await startStudio(['studio', ...data, '--runs', folder, '--no-tune', '--no-open']);
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(20_000);
    page.on('pageerror', error => errors.push(error.message));
    page.on('console', message => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`http://127.0.0.1:${studio.port}/?token=${studio.token}`);
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.end();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a step and waits until it shows what it is to show. */
  async function open({ id, steps }: Lesson, at: number): Promise<void> {
    await page.evaluate(to => {
      location.hash = to;
    }, `#/lessons/${id}`);
    const panel = page.locator('aside.lesson');
    await panel.getByRole('link', { name: `Step ${at + 1}:` }).click();
    await panel.getByRole('heading', { name: steps[at]!.title, exact: true }).waitFor();
    await page.locator('.question summary').click();
    await settled(steps[at]!);
  }

  async function settled({ stage }: LessonStep): Promise<void> {
    if (stage) await page.locator('.tiny-run:is([data-state=done], [data-state=failed])').waitFor({ timeout: 60_000 });
    // Nothing is being computed, and each mark has its text.
    await page.waitForFunction(() => {
      const marks = [...document.querySelectorAll('aside.lesson :is([data-shown-by], [data-worked])')];
      return !document.querySelector('main [aria-busy=true]') && marks.every(({ textContent }) => textContent !== '…');
    });
  }

  const read = (): Promise<Step> =>
    page.evaluate(selectors => {
      const panel = document.querySelector<HTMLElement>('aside.lesson')!;
      // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not shown, and cells are told apart
      const textOf = (element: HTMLElement | null): string => element?.innerText ?? '';
      const marks = [...panel.querySelectorAll<HTMLElement>('[data-shown-by]')].map(mark => ({
        by: mark.dataset.shownBy!,
        text: textOf(mark),
      }));
      const named = [...panel.querySelectorAll<HTMLElement>('[data-there-is]')].map(({ dataset }) => dataset.thereIs!);
      const worked = [...panel.querySelectorAll<HTMLElement>('[data-worked]')].map(textOf);
      const rest = [...panel.querySelectorAll<HTMLElement>('.prose, .question')].map(element => {
        const copy = element.cloneNode(true) as HTMLElement;
        for (const part of copy.querySelectorAll('.piece, [data-shown-by], [data-worked]')) part.replaceWith(' ');
        return copy.textContent ?? '';
      });
      const seenIn = (element: HTMLElement): string[] => {
        const within = [element, ...element.querySelectorAll<HTMLElement>('[aria-label], input, title')];
        return within.flatMap(each => [
          each.tagName === 'title' ? (each.textContent ?? '') : textOf(each),
          each.getAttribute('aria-label') ?? '',
          each instanceof HTMLInputElement ? each.value : '',
        ]);
      };
      const shown = Object.entries(selectors).map(([name, selector]) => {
        const found = [...document.querySelectorAll<HTMLElement>(`main :is(${selector})`)].filter(({ offsetParent }) => offsetParent);
        return [name, found.flatMap(seenIn)] as const;
      });
      return { marks, named, worked, rest: rest.join(' '), shown: Object.fromEntries(shown) };
    }, places);

  test('say what the view beside shows, number by number and name by name', async () => {
    const faults: string[] = [];
    for (const lesson of lessons) {
      for (const [at, step] of lesson.steps.entries()) {
        await open(lesson, at);
        const { marks, named, worked, rest, shown } = await read();
        const where = `${lesson.id} ${at + 1}`;
        for (const { by, text } of marks) {
          if (!shows(shown[by] ?? [], text)) faults.push(`${where}: '${text}' is not shown by ${by}`);
        }
        for (const by of named) if ((shown[by] ?? []).length === 0) faults.push(`${where}: there is no ${by}`);
        for (const text of worked) if (/NaN|undefined|^$/.test(text)) faults.push(`${where}: '${text}' was worked out`);
        for (const number of unmarked(rest, step.constants ?? [])) faults.push(`${where}: ${number} is neither shown nor a constant`);
        if (marks.length + named.length === 0) faults.push(`${where}: nothing of the view is named`);
        const alerts = await page.locator('main [role=alert]').allTextContents();
        for (const text of alerts) faults.push(`${where}: ${text}`);
      }
    }
    expect(faults).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('lead from a mark to what it names', async () => {
    await open(lessons[0]!, 0);
    await page.locator('aside.lesson .shown', { hasText: 'products' }).click();
    expect(await page.locator('main .pointed').textContent()).toContain('27 products');
  });

  test('keep their progress over a reload, and lead from the last step to the next lesson', async () => {
    const [first, second] = lessons as readonly [Lesson, Lesson];
    await open(first, first.steps.length - 1);
    await page.reload();
    const panel = page.locator('aside.lesson');
    expect(await panel.locator('.step-list a.seen').count()).toBe(first.steps.length);
    await panel.getByRole('link', { name: `Next lesson: ${second.title}` }).click();
    await panel.getByText(`Lesson 2 of ${lessons.length}`).waitFor();
    await page.evaluate(() => {
      location.hash = '#/lessons';
      localStorage.setItem('wgrad-studio-lessons', '{"convolution": "all", "relu": [0]}');
    });
    await page.reload();
    const list = page.locator('main .lessons');
    await page
      .getByRole('button', { name: 'Close the lesson' })
      .click({ timeout: 1000 })
      .catch(() => {});
    await page.evaluate(() => {
      location.hash = '#/lessons';
    });
    await list.getByRole('link', { name: /^2\. .* 1 of \d+ steps$/s }).waitFor();
    await list.getByRole('link', { name: /^1\. .* \d+ steps$/s }).waitFor();
  });

  test('have a mode for the projector that a remote turns and Escape leaves', async () => {
    await open(lessons[0]!, 0);
    const size = (): Promise<number> =>
      page.locator('aside.lesson .prose').evaluate(text => text.querySelector('p')!.getBoundingClientRect().width);
    const before = await size();
    await page.getByRole('button', { name: 'Projector' }).click();
    expect(await size()).toBeGreaterThan(1.2 * before);
    expect(await page.getByRole('navigation', { name: 'Views' }).isVisible()).toBe(false);
    expect(await page.getByRole('combobox', { name: 'Pictures from' }).isVisible()).toBe(false);
    await page.keyboard.press('PageDown');
    await page.getByRole('heading', { name: lessons[0]!.steps[1]!.title }).waitFor();
    await page.keyboard.press('PageUp');
    await page.getByRole('heading', { name: lessons[0]!.steps[0]!.title }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('navigation', { name: 'Views' }).waitFor();
  });

  test('hold a gradient to what the loss does where a weight is moved', async () => {
    const backprop = lessons.find(({ id }) => id === 'backprop')!;
    await open(backprop, backprop.steps.length - 1);
    /** Of the last try: the numbers of its row. */
    const last = async () => {
      const [by, below, loss, above, slope, gradient] = (await page.locator('[data-try="0"] td').allTextContents()).map(text =>
        numberOf(plain(text).replace('± ', '')),
      ) as [number, number, number, number, number, number];
      return { by, below, loss, above, slope, gradient };
    };
    const move = async (by: string): Promise<void> => {
      await page.getByRole('button', { name: by, exact: true }).click();
      await page.getByRole('button', { name: 'Move it up and down' }).click();
      await page.locator('[data-try="0"]', { hasText: `± ${by}` }).waitFor();
    };
    const { by, below, loss, above, slope, gradient } = await last();
    expect(by).toBe(0.001);
    expect(Math.sign(loss - below)).toBe(Math.sign(gradient));
    expect(Math.abs((above - below) / 0.002 / slope - 1)).toBeLessThan(0.01);
    expect(Math.abs(slope / gradient - 1)).toBeLessThan(0.01);
    for (const far of ['0.3', '0.000001']) {
      await move(far);
      expect(Math.abs((await last()).slope / gradient - 1), far).toBeGreaterThan(0.01);
    }
    await page.getByRole('spinbutton', { name: 'filter' }).fill('1');
    await move('0.001');
    await page.getByRole('rowheader', { name: 'filter 1, input channel 0, row 0, column 0' }).waitFor();
    expect(await page.locator('[data-try]').count()).toBe(4);
    const other = await last();
    expect(Math.abs(other.slope - other.gradient)).toBeLessThan(0.02 * Math.abs(other.gradient));
  });

  test('compute a convolution in three ways on the adapter', async () => {
    const winograd = lessons.find(({ id }) => id === 'winograd')!;
    await open(winograd, winograd.steps.length - 1);
    const ways = ['direct', 'F(2×2)', 'F(4×4)'];
    const cells = async (of: string): Promise<string[]> => (await page.locator(`tr[data-${of}] td`).allTextContents()).map(plain);
    expect(await page.locator('tr[data-patch] th').allTextContents()).toEqual(ways);
    expect((await cells('patch')).filter((_, i) => i % 5 === 3)).toEqual(['864', '384', '216']);
    await page.getByRole('button', { name: '16', exact: true }).click();
    await page.locator('tr[data-kernel=direct]', { hasText: '2,359,296' }).waitFor();
    expect(await page.locator('tr[data-kernel] th').allTextContents()).toEqual(ways);
    const kernels = await cells('kernel');
    expect(kernels.filter((_, i) => i % 6 === 1)).toEqual(['2,359,296', '1,048,576', '589,824']);
    for (const error of kernels.filter((_, i) => i % 6 === 5).map(numberOf)) expect(error).toBeLessThan(1e-5);
    await page.getByRole('slider', { name: 'filter' }).press('End');
    await page.waitForFunction(() => location.hash.includes('filter=7'));
    expect((await cells('patch')).length).toBe(15);
  });

  test('show units die when the rate is raised, beside the run before', async () => {
    const relu = lessons.find(({ id }) => id === 'relu')!;
    await open(relu, relu.steps.length - 1);
    /** Of the two convolutions: in percent. */
    const dead = async (run: string): Promise<number[]> => {
      const text = (await page.locator(`tr[data-run="${run}"]`).textContent()) ?? '';
      return [...plain(text).matchAll(/conv2d(?:_1)? (\d+) %/g)].map(([, share]) => Number(share));
    };
    const alive = await dead('this run');
    expect(alive.length).toBe(2);
    expect(Math.max(...alive)).toBeLessThan(60);
    await page.getByRole('button', { name: '0.1', exact: true }).click();
    await page.locator('tr[data-run="the one before"]').waitFor();
    await page.locator('.tiny-run[data-state=done]').waitFor({ timeout: 60_000 });
    expect(await dead('this run')).toEqual([100, 100]);
    expect(await dead('the one before')).toEqual(alive);
  });
});
