import type { Floats } from './values.js';

/** history[slot] = [loss, correct] */
export function record({ loss, correct, history }: Record<'loss' | 'correct' | 'history', Floats>, { slot }: { slot: number }): void {
  history.set([loss[0]!, correct[0]!], slot * 2);
}
