import { expect, test } from 'vitest';
import { dense, flatten } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { Goalkeeper } from '../src/studio/engine/goal.js';

const GOAL = { accuracy: 0.95, epochs: 3, seconds: 60 };

/** Goes through epochs of `seconds` each, which are judged so: after how many the run ends, and what is said then. */
function ended(accuracies: readonly number[], seconds: number): { readonly epochs: number; readonly outcome: string | undefined } {
  let now = 0;
  const model: Sequential = sequential([flatten({ inputShape: [2, 2, 1] }), dense(1)]);
  const goalkeeper = new Goalkeeper(GOAL, () => now);
  now += 5000;
  const run = { model, params: { epochs: accuracies.length, steps: 1 }, hasValidation: true };
  let epochs = 0;
  for (const val_acc of accuracies) {
    goalkeeper.onEpochBegin();
    now += 1000 * seconds;
    goalkeeper.onEpochEnd(epochs++, { val_acc }, run);
    if (model.stopTraining) break;
  }
  return { epochs, outcome: goalkeeper.outcome };
}

test('a run ends by itself where it kept to its goal, one epoch after another', () => {
  const { epochs, outcome } = ended([0.9, 0.96, 0.97, 0.95, 0.96, 0.96, 0.97, 0.98], 2);
  expect([epochs, outcome]).toEqual([7, 'right on 97.0\u00a0% of the pictures that it has not seen, after 19\u00a0s']);
});

test('a run whose time is over ends with the epoch after which another would end later', () => {
  const { epochs, outcome } = ended(
    Array.from({ length: 30 }, () => 0.9),
    10,
  );
  expect([epochs, outcome]).toEqual([5, 'right on 90.0\u00a0% of the pictures that it has not seen, after 55\u00a0s']);
});
