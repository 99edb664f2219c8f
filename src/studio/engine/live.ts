import type { BatchResult } from '../../nn/batch_log.js';
import type { Callback, Logs, Run } from '../../nn/callbacks/callback.js';
import type { EpochPoint, ServerEvent } from '../protocol.js';

export interface LiveOptions {
  readonly send: (event: ServerEvent) => void;
  /** The run's: when it is aborted, nothing is held any longer. */
  readonly signal: AbortSignal;
  /** The least val_loss of the epochs before, where the run goes on from a checkpoint. */
  readonly best?: number | undefined;
  /** Called with a batch whose step is done, while the next step is held: what takes long and needs the weights to stand still. */
  readonly measure?: ((batch: BatchResult) => Promise<void>) | undefined;
}

/** Measurements take at most this share of a run's time, and come no more often than this. */
const MEASURED_SHARE = 0.03;
const MEASURE_MS = 2000;

/**
 * A callback that tells pages how a run goes and holds it between two steps: paused, or for a job that looks at the model. Without either it holds
 * nothing, so that the steps follow one another as without it.
 */
export class LiveRun implements Callback {
  readonly #options: LiveOptions;
  #mode: 'running' | 'paused' = 'running';
  /** Steps that a paused run may still take. */
  #allowed = 0;
  #announced: 'running' | 'paused' = 'running';
  #jobs: (() => Promise<void>)[] = [];
  /** The jobs being run. */
  #running: Promise<void> | undefined;
  #isTraining = false;
  /** Wakes a held step to look again. */
  #wake: (() => void) | undefined;
  /** The last step that was told of, and who waits for later ones. */
  #told = 0;
  #onTold: (() => void) | undefined;
  #last: BatchResult | undefined;
  #epoch = 0;
  #best: number;
  /** When the steps of the next message began to be computed; holds are left out. */
  #since = 0;
  #epochMs = 0;
  #epochSteps = 0;
  #measureAt = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#best = options.best ?? Infinity;
    options.signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  /** The last batch of which results are known. */
  get last(): BatchResult | undefined {
    return this.#last;
  }

  get isPaused(): boolean {
    return this.#mode === 'paused';
  }

  /** Whether fit() is under way. */
  get isTraining(): boolean {
    return this.#isTraining;
  }

  pause(): void {
    this.#mode = 'paused';
    this.#allowed = 0;
  }

  resume(): void {
    this.#mode = 'running';
    this.#wake?.();
  }

  /** One step of a paused run. */
  step(): void {
    this.#allowed += 1;
    this.#wake?.();
  }

  /** Runs a job while no step is under way: at once where nothing trains, else before the next step. Jobs run one after another. */
  do<T>(job: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push(() => job().then(resolve, reject));
      if (this.#isTraining) this.#wake?.();
      else void this.#runJobs();
    });
  }

  onTrainBegin({ model }: Run): void {
    this.#isTraining = true;
    this.#told = model.step;
    this.#since = performance.now();
    this.#measureAt = this.#since + MEASURE_MS / 2;
  }

  onEpochBegin(epoch: number): void {
    this.#epoch = epoch + 1;
    this.#epochMs = 0;
    this.#epochSteps = 0;
    this.#since = performance.now();
  }

  onBatchBegin(_: number, { model }: Run): Promise<void> | void {
    const isDue = this.#options.measure && this.#last && performance.now() >= this.#measureAt;
    if (this.#mode === 'running' && this.#jobs.length === 0 && !isDue) return;
    if (this.#mode === 'paused' && this.#jobs.length === 0 && this.#allowed > 0) {
      this.#allowed -= 1;
      return;
    }
    return this.#hold(model.step);
  }

  onBatchesEnd(results: readonly BatchResult[], means: readonly Readonly<Logs>[]): void {
    const now = performance.now();
    const ms = (now - this.#since) / results.length;
    this.#epochMs += now - this.#since;
    this.#epochSteps += results.length;
    this.#since = now;
    this.#last = results.at(-1)!;
    this.#told = this.#last.step;
    this.#options.send({
      type: 'steps',
      steps: {
        step: results.map(({ step }) => step),
        epoch: results.map(() => this.#epoch),
        loss: means.map(({ loss }) => loss!),
        acc: means.map(({ acc }) => acc ?? 0),
        batchLoss: results.map(({ loss }) => loss),
        ms: results.map(() => ms),
      },
    });
    this.#onTold?.();
  }

  onEpochEnd(epoch: number, logs: Logs): void {
    const { loss = NaN, acc = NaN, val_loss, val_acc } = logs;
    const best = val_loss !== undefined && val_loss < this.#best;
    if (best) this.#best = val_loss;
    const point: EpochPoint = {
      epoch: epoch + 1,
      step: this.#told,
      loss,
      acc,
      ...(val_loss !== undefined && { val_loss }),
      ...(val_acc !== undefined && { val_acc }),
      best,
      msPerStep: this.#epochMs / Math.max(1, this.#epochSteps),
    };
    this.#options.send({ type: 'epoch', epoch: point });
  }

  /** Also where fit() ended by an error, which calls no onTrainEnd. */
  async end(): Promise<void> {
    this.#isTraining = false;
    await this.#runJobs();
  }

  /** Holds a step until everything before it is told, all jobs are done and the run is not paused. */
  async #hold(step: number): Promise<void> {
    const { signal, measure } = this.#options;
    while (this.#told < step) {
      await new Promise<void>(resolve => {
        this.#onTold = resolve;
      });
    }
    this.#onTold = undefined;
    if (measure && this.#last && performance.now() >= this.#measureAt) {
      const begin = performance.now();
      await measure(this.#last);
      const now = performance.now();
      this.#measureAt = now + Math.max(MEASURE_MS, (now - begin) / MEASURED_SHARE);
    }
    for (;;) {
      await this.#runJobs();
      if (this.#mode === 'running' || signal.aborted) break;
      if (this.#allowed > 0) {
        this.#allowed -= 1;
        break;
      }
      this.#announce('paused', step);
      await new Promise<void>(resolve => {
        this.#wake = resolve;
        // Something may have come while the jobs ran.
        if (this.#jobs.length > 0 || signal.aborted) resolve();
      });
      this.#wake = undefined;
    }
    if (this.#mode === 'running') this.#announce('running', step);
    this.#since = performance.now();
  }

  #announce(state: 'running' | 'paused', step: number): void {
    if (this.#announced === state) return;
    this.#announced = state;
    this.#options.send({ type: 'state', state, step, epoch: this.#epoch });
  }

  /** Resolves when no job is left: neither one that waits, nor one under way, nor one that came meanwhile. */
  async #runJobs(): Promise<void> {
    while (this.#jobs.length > 0 || this.#running) {
      this.#running ??= this.#drain();
      await this.#running;
    }
  }

  async #drain(): Promise<void> {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await job();
    this.#running = undefined;
  }
}
