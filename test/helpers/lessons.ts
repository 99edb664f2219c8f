import type { Page } from 'playwright-core';
import type { Lesson, LessonStep } from '../../src/studio/page/lesson.js';
import type { PlaceName } from '../../src/studio/page/lessons/said.js';
import { stubPageGlobals } from './page_globals.js';

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

/** With spaces that may break. */
export const plain = (text: string): string =>
  text
    .replace(/[\u00a0\u202f]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** A number as the page writes it; NaN for what is none. */
export const numberOf = (text: string): number =>
  /^[−\d.,e]+$/.test(text) ? Number(text.replaceAll('−', '-').replaceAll(',', '')) : Number.NaN;

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

/** The lessons as they are in the page, with what their texts say and what the view beside them shows. */
export class LessonReader {
  readonly lessons: readonly Lesson[];
  readonly #page: Page;
  readonly #places: Readonly<Record<PlaceName, string>>;

  private constructor(page: Page, lessons: readonly Lesson[], places: Readonly<Record<PlaceName, string>>) {
    this.#page = page;
    this.lessons = lessons;
    this.#places = places;
  }

  static async of(page: Page): Promise<LessonReader> {
    stubPageGlobals();
    const { lessons } = await import('../../src/studio/page/lessons/index.js');
    const { PLACES } = await import('../../src/studio/page/lessons/said.js');
    return new LessonReader(page, lessons, PLACES);
  }

  get(id: string): Lesson {
    return this.lessons.find(lesson => lesson.id === id)!;
  }

  /** Opens a step and waits until it shows what it is to show. */
  async open({ id, steps }: Lesson, at: number): Promise<void> {
    await this.#page.evaluate(to => {
      location.hash = to;
    }, `#/lessons/${id}`);
    const panel = this.#page.locator('aside.lesson');
    await panel.getByRole('link', { name: `Step ${at + 1}:` }).click();
    await panel.getByRole('heading', { name: steps[at]!.title, exact: true }).waitFor();
    await this.#page.locator('.question summary').click();
    await this.#settled(steps[at]!);
  }

  async #settled({ stage }: LessonStep): Promise<void> {
    if (stage) await this.#page.locator('.tiny-run:is([data-state=done], [data-state=failed])').waitFor({ timeout: 60_000 });
    // Nothing is being computed, and each mark has its text.
    await this.#page.waitForFunction(() => {
      const marks = [...document.querySelectorAll('aside.lesson :is([data-shown-by], [data-worked])')];
      return !document.querySelector('main [aria-busy=true]') && marks.every(({ textContent }) => textContent !== '…');
    });
  }

  #read(): Promise<Step> {
    return this.#page.evaluate(selectors => {
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
    }, this.#places);
  }

  /** Opens a step: what its text says that the view beside does not show, and what else is wrong with it. */
  async faultsOf(lesson: Lesson, at: number): Promise<string[]> {
    await this.open(lesson, at);
    const { marks, named, worked, rest, shown } = await this.#read();
    const alerts = await this.#page.locator('main [role=alert]').allTextContents();
    const faults = [
      ...marks.filter(({ by, text }) => !shows(shown[by] ?? [], text)).map(({ by, text }) => `'${text}' is not shown by ${by}`),
      ...named.filter(by => (shown[by] ?? []).length === 0).map(by => `there is no ${by}`),
      ...worked.filter(text => /NaN|undefined|^$/.test(text)).map(text => `'${text}' was worked out`),
      ...unmarked(rest, lesson.steps[at]!.constants ?? []).map(number => `${number} is neither shown nor a constant`),
      ...(marks.length + named.length === 0 ? ['nothing of the view is named'] : []),
      ...alerts,
    ];
    return faults.map(fault => `${lesson.id} ${at + 1}: ${fault}`);
  }
}
