import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lesson } from '../src/studio/page/lesson.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { LessonReader, numberOf, plain } from './helpers/lessons.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

const root = join(import.meta.dirname, '..');

if (noChromium) console.log(`not run: the studio's lessons in a browser; ${noChromium}`);

describe.skipIf(noChromium)('the lessons in Chromium', () => {
  let folder: string;
  let studio: RunningStudio;
  let browser: Browser;
  let page: Page;
  let reader: LessonReader;
  const errors: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wgrad-lessons-'));
    const data = ['data/lesson.safetensors', '--data', 'data/faces'].map((each, i) => (i === 1 ? each : join(root, each)));
    studio = await startStudio(['studio', ...data, '--runs', folder, '--no-tune', '--no-open']);
    browser = await openChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(20_000);
    page.on('pageerror', error => errors.push(error.message));
    page.on('console', message => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`http://127.0.0.1:${studio.port}/?token=${studio.token}`);
    reader = await LessonReader.of(page);
  });
  afterAll(async () => {
    await browser?.close();
    await studio?.end();
    await rm(folder, { recursive: true, force: true });
  });

  test('say what the view beside shows, number by number and name by name', async () => {
    const faults: string[] = [];
    for (const lesson of reader.lessons) {
      for (const at of lesson.steps.keys()) faults.push(...(await reader.faultsOf(lesson, at)));
    }
    expect(faults).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('lead from a mark to what it names', async () => {
    await reader.open(reader.lessons[0]!, 0);
    await page.locator('aside.lesson .shown', { hasText: 'products' }).click();
    expect(await page.locator('main .pointed').textContent()).toContain('27 products');
  });

  test('keep their progress over a reload, and lead from the last step to the next lesson', async () => {
    const [first, second] = reader.lessons as readonly [Lesson, Lesson];
    await reader.open(first, first.steps.length - 1);
    await page.reload();
    const panel = page.locator('aside.lesson');
    expect(await panel.locator('.step-list a.seen').count()).toBe(first.steps.length);
    await panel.getByRole('link', { name: `Next lesson: ${second.title}` }).click();
    await panel.getByText(`Lesson 2 of ${reader.lessons.length}`).waitFor();
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
    await reader.open(reader.lessons[0]!, 0);
    const size = (): Promise<number> =>
      page.locator('aside.lesson .prose').evaluate(text => text.querySelector('p')!.getBoundingClientRect().width);
    const before = await size();
    await page.getByRole('button', { name: 'Projector' }).click();
    expect(await size()).toBeGreaterThan(1.2 * before);
    expect(await page.getByRole('navigation', { name: 'Views' }).isVisible()).toBe(false);
    expect(await page.getByRole('combobox', { name: 'Pictures from' }).isVisible()).toBe(false);
    await page.keyboard.press('PageDown');
    await page.getByRole('heading', { name: reader.lessons[0]!.steps[1]!.title }).waitFor();
    await page.keyboard.press('PageUp');
    await page.getByRole('heading', { name: reader.lessons[0]!.steps[0]!.title }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('navigation', { name: 'Views' }).waitFor();
  });

  test('are done from the first step to the last by the keyboard, which never loses the focus', async () => {
    const relu = reader.get('relu');
    const trouble: string[] = [];
    /** What has the focus: its text. It is seen, with a line around it, and nothing covers it. */
    const focused = async (): Promise<string> => {
      const { text, fault } = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const { left, right, top, bottom } = element.getBoundingClientRect();
        // Of what is larger than the window, the part in it.
        const covers = document.elementFromPoint(
          (Math.max(0, left) + Math.min(innerWidth, right)) / 2,
          (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2,
        );
        const name = element.getAttribute('aria-label') ?? element.textContent ?? '';
        const isSeen = covers !== null && (element.contains(covers) || covers.contains(element));
        // The whole view needs none.
        const hasLine = element.id === 'main' || getComputedStyle(element).outlineStyle !== 'none';
        const wrong = element === document.body ? 'lost' : isSeen ? (hasLine ? '' : 'without a line') : 'covered';
        return { text: name, fault: wrong };
      });
      if (fault) trouble.push(`${await page.evaluate(() => location.hash)}: ${text.slice(0, 40)} is ${fault}`);
      return plain(text);
    };
    const tabTo = async (name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        if (name.test(await focused())) return;
        await page.keyboard.press(key);
      }
      throw new Error(`no ${name} by ${key}`);
    };
    // A lesson that was begun opens where it was left.
    await page.evaluate(() => {
      localStorage.clear();
      location.hash = '#/home';
    });
    await page.reload();
    await page.getByRole('link', { name: 'Lessons', exact: true }).focus();
    await page.keyboard.press('Enter');
    await tabTo(/^2\. Relu/);
    await page.keyboard.press('Enter');
    for (const [before, { title }] of relu.steps.slice(1).entries()) {
      await tabTo(/^Answer$/, before === 0 ? 'Tab' : 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.locator('.question details[open]').waitFor();
      await tabTo(/^Next$/);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: title, exact: true }).waitFor();
      await focused();
    }
    await page.locator('.tiny-run[data-state=done]').waitFor({ timeout: 60_000 });
    await tabTo(/^0\.1$/);
    await page.keyboard.press('Enter');
    await page.locator('tr[data-run="the one before"]').waitFor();
    await focused();
    // Back to where there is no 'Back', and out of the lesson.
    await page.locator('.step-list a').nth(1).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: relu.steps[1]!.title, exact: true }).waitFor();
    await tabTo(/^Back$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: relu.steps[0]!.title, exact: true }).waitFor();
    await focused();
    await tabTo(/^Close the lesson$/);
    await page.keyboard.press('Enter');
    await page.locator('aside.lesson').waitFor({ state: 'detached' });
    await focused();
    expect(trouble).toEqual([]);
  });

  test('hold a gradient to what the loss does where a weight is moved', async () => {
    const backprop = reader.get('backprop');
    await reader.open(backprop, backprop.steps.length - 1);
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
    const winograd = reader.get('winograd');
    await reader.open(winograd, winograd.steps.length - 1);
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
    const relu = reader.get('relu');
    await reader.open(relu, relu.steps.length - 1);
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
