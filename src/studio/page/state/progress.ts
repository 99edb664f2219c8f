import { signal } from '@preact/signals';

const KEY = 'wgrad-studio-lessons';

/** The steps of each lesson that were shown, by the lesson's id. */
type Seen = Readonly<Record<string, readonly number[]>>;

/** What was kept, without what is no progress: anybody may have written there. */
function kept(): Seen {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return {};
    const known = Object.entries(stored).filter(([, steps]) => Array.isArray(steps) && steps.every(Number.isInteger));
    return Object.fromEntries(known);
  } catch {
    return {};
  }
}

const seen = signal<Seen>(kept());

export const seenSteps = (lesson: string): readonly number[] => seen.value[lesson] ?? [];

/** Notes that a step was shown. */
export function see(lesson: string, step: number): void {
  const steps = seenSteps(lesson);
  if (steps.includes(step)) return;
  seen.value = { ...seen.value, [lesson]: [...steps, step] };
  keep();
}

export function forgetSteps(): void {
  seen.value = {};
  keep();
}

function keep(): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(seen.value));
  } catch {
    // Without storage, progress lasts as long as the page.
  }
}
