import type { Callback, Logs, Run } from '../../nn/callbacks/callback.js';
import type { RunGoal } from '../protocol.js';

/** Ends a run when it has reached its goal, or when its time is over. */
export class Goalkeeper implements Callback {
  readonly #goal: RunGoal;
  readonly #now: () => number;
  readonly #since: number;
  #epochBegan = 0;
  /** Epochs one after another that were good enough. */
  #reached = 0;
  #outcome: string | undefined;

  /** The time begins. `now`: a clock in milliseconds. */
  constructor(goal: RunGoal, now: () => number = () => performance.now()) {
    this.#goal = goal;
    this.#now = now;
    this.#since = now();
  }

  /** How far the run has come, in a few words; undefined before its first epoch was judged. */
  get outcome(): string | undefined {
    return this.#outcome;
  }

  onEpochBegin(): void {
    this.#epochBegan = this.#now();
  }

  onEpochEnd(_: number, { val_acc }: Logs, { model }: Run): void {
    if (val_acc === undefined) return;
    const { accuracy, epochs, seconds } = this.#goal;
    const now = this.#now();
    const passed = now - this.#since;
    this.#reached = val_acc > accuracy ? this.#reached + 1 : 0;
    this.#outcome = `right on ${(100 * val_acc).toFixed(1)}\u00a0% of the pictures that it has not seen, after ${Math.round(passed / 1000)}\u00a0s`;
    if (this.#reached >= epochs || passed + (now - this.#epochBegan) > 1000 * seconds) model.stopTraining = true;
  }
}
