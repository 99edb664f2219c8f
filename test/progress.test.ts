import { expect, test } from 'vitest';
import type { Run } from '../src/nn/callbacks/callback.js';
import { Progbar, ProgressBar } from '../src/nn/progress.js';
import { fixtureJson } from './helpers/shared.js';

interface Case {
  readonly verbose: 1 | 2;
  readonly dynamic: boolean;
  readonly target: number;
  /** Seconds, steps done, means. */
  readonly steps: [number, number, Record<string, number>][];
  readonly end: [number, Record<string, number>];
  readonly text: string;
}

// Recorded from tf_keras 2.21's Progbar with a clock set by hand.
test.each(fixtureJson<Case[]>('progbar.json').map((of, i) => [i, of] as const))(
  'the progress bar prints what Keras prints, run %i',
  (_, of) => {
    let seconds = 0;
    let text = '';
    const options = { verbose: of.verbose, dynamic: of.dynamic, now: () => seconds * 1000, write: (part: string) => (text += part) };
    const bar = new Progbar(of.target, options);
    for (const [at, current, values] of of.steps) {
      seconds = at;
      bar.update(current, values);
    }
    seconds = of.end[0];
    bar.update(of.target, of.end[1], true);
    expect(text).toBe(of.text);
  },
);

test('numbers that other callbacks add come last, also by a name like 1', () => {
  let text = '';
  const bar = new ProgressBar({ verbose: 2, dynamic: false, write: part => (text += part), now: () => 0 });
  const run = { params: { epochs: 1, steps: 1 } } as Run;
  bar.onEpochBegin(0, run);
  bar.onTestEnd({ loss: 1, val_loss: 2 });
  bar.onEpochEnd(0, { loss: 1, val_loss: 2, 1: 3 }, run);
  expect(text).toContain('- loss: 1.0000 - val_loss: 2.0000 - 1: 3.0000');
});
