import type { Scalars } from '../engine/executor.js';
import type { Model } from './base_model.js';
import type { FitState } from './fit_state.js';
import { type DrawState, drawState, type Recovery, type Replayable, restoreDraws } from './recovery.js';
import { type Batch, nextBatch, type Source } from './source.js';

/** Unless fit() is told how many steps lie between them, numbers are kept within an epoch no more often than this… */
const KEEP_MS = 60_000;
/** …and so seldom that it takes at most this share of the time. */
const KEEP_SHARE = 0.005;

/** At an epoch's end, where it costs nobody a step's wait, they are kept where it takes at most this share of the time. */
const KEEP_SHARE_AT_END = 0.05;

/** Steps that drew their batches one after another from where the streams and the source stood. */
interface Stretch {
  readonly draws: DrawState;
  readonly steps: { readonly index: number; readonly scalars: Scalars }[];
}

/** Where a training stood when the model's numbers were last kept on the host, and the steps since: what a lost device costs is to run them again. */
export class Replay implements Replayable {
  readonly #model: Model;
  readonly #source: Source<Batch>;
  readonly #recovery: Recovery;
  /** Steps between two keepings. */
  readonly #every: number | undefined;
  #point: { readonly step: number; readonly rowsTrained: number; readonly training: FitState } | undefined;
  /** What was run since. */
  #stretches: Stretch[] = [];
  #keptAt = 0;
  #keepMs = 0;
  #isTouched = false;

  constructor(model: Model, source: Source<Batch>, every: number | undefined) {
    this.#model = model;
    this.#source = source;
    this.#recovery = model.compiled.recovery;
    this.#every = every;
  }

  /** Whether numbers should be kept before the next step. */
  get isDue(): boolean {
    return this.#isDueAfter(Math.max(KEEP_MS, this.#keepMs / KEEP_SHARE));
  }

  /** The same at an epoch's end. */
  get isDueAtEnd(): boolean {
    return this.#isDueAfter(this.#keepMs / KEEP_SHARE_AT_END);
  }

  #isDueAfter(ms: number): boolean {
    if (this.#isTouched) return true;
    if (this.#every !== undefined) return this.#stretches.reduce((sum, { steps }) => sum + steps.length, 0) >= this.#every;
    return performance.now() - this.#keptAt > ms;
  }

  /** Keeps the numbers. No step may be under way whose results are not in the state. */
  async keep(state: () => FitState): Promise<void> {
    const begin = performance.now();
    await this.#recovery.keep();
    const { step, rowsTrained } = this.#model;
    const training = state();
    this.#point = { step, rowsTrained, training };
    this.#stretches = [{ draws: training, steps: [] }];
    this.#isTouched = false;
    this.#keptAt = performance.now();
    this.#keepMs = this.#keptAt - begin;
  }

  /** Notes that the next steps draw from where the streams and the source stand now: something else than steps has drawn from them. */
  draw(): void {
    this.#stretches.push({ draws: drawState(this.#source), steps: [] });
  }

  /** Notes a step that was run on the source's batch `index`. */
  note(index: number, scalars: Scalars): void {
    this.#stretches.at(-1)!.steps.push({ index, scalars });
  }

  touch(): void {
    this.#isTouched = true;
  }

  /** Draws the same batches and runs the same steps; nobody is told of them again. */
  async replay(): Promise<void> {
    const stretches = this.#stretches.filter(({ steps }) => steps.length > 0);
    if (stretches.length === 0) return;
    if (this.#isTouched) throw new Error('the GPU was lost in a step in which a callback set weights: there is no way back to it');
    const source = this.#source;
    const now = drawState(source);
    try {
      const { executable, write } = await this.#model.compiled.plans.get('train', source);
      for (const { draws, steps } of stretches) {
        restoreDraws(draws, source);
        const order = steps.map(({ index }) => index);
        for (const [at, { scalars }] of steps.entries()) {
          const batch = await nextBatch(source, order, at);
          await executable.ready();
          write(batch);
          executable.run(scalars);
        }
      }
    } finally {
      restoreDraws(now, source);
    }
  }

  rewind(): void {
    if (!this.#point) return;
    const { step, rowsTrained, training } = this.#point;
    this.#model.step = step;
    this.#model.rowsTrained = rowsTrained;
    this.#model.training = training;
    this.#stretches = [];
    restoreDraws(training, this.#source);
  }
}
