import type { Model } from './base_model.js';
import { BatchLog } from './batch_log.js';
import type { Callback, Logs, Run } from './callbacks/callback.js';
import { clearFaults, diagnose, standAfter } from './diagnose.js';
import { checkSteps, evaluate, peek } from './evaluate.js';
import { NotFiniteError } from './finite.js';
import { checkCounts, checkTrains, type History } from './fit_options.js';
import { FitPlace, type InnerOptions } from './fit_place.js';
import { PREPARING, withRecovery } from './recovery.js';
import { Replay } from './replay.js';
import { type Batch, nextBatch, type Source } from './source.js';

/** Milliseconds between looks at the losses: as often as a progress bar is worth redrawing. */
const PACE_MS = 50;

/** Trains a compiled model on a source's batches, and asks the source for them in the order in which Keras does. */
export function fit(model: Model, source: Source<Batch>, options: InnerOptions): Promise<History> {
  return new Fit(model, source, options).run();
}

/** One call of fit(). */
class Fit {
  readonly #model: Model;
  readonly #source: Source<Batch>;
  readonly #options: InnerOptions;
  readonly #log: BatchLog;
  readonly #replay: Replay;
  /** Results that are being read while later steps compute, and when the last were. */
  #reading: Promise<void> = Promise.resolve();
  #lastRead = 0;
  #context: Run;
  readonly #place: FitPlace;

  constructor(model: Model, source: Source<Batch>, options: InnerOptions) {
    const { executor, metrics, plans } = model.compiled;
    checkCounts(options);
    const { stepsPerEpoch = source.length, validationSteps, validationSource } = options;
    checkSteps('fit: stepsPerEpoch', stepsPerEpoch, source);
    if (validationSteps !== undefined && validationSource) checkSteps('fit: validationSteps', validationSteps, validationSource);
    checkTrains(model);
    this.#model = model;
    this.#source = source;
    this.#options = options;
    this.#log = new BatchLog(executor, plans);
    this.#place = new FitPlace(source, metrics, options);
    this.#replay = new Replay(model, source, options.snapshotSteps);
    this.#context = {
      model,
      params: { epochs: options.epochs ?? 1, steps: stepsPerEpoch },
      hasValidation: this.#options.validationSource !== undefined,
    };
  }

  async run(): Promise<History> {
    const { plans, recovery } = this.#model.compiled;
    await recovery.retry(
      () => PREPARING,
      () => plans.get('train', this.#source),
    );
    this.#model.stopTraining = false;
    clearFaults(this.#model);
    const { resume, otherData } = this.#options;
    if (resume) this.#place.restore(resume);
    if (!resume || otherData) await peek(this.#source);
    await this.#keep();
    recovery.training = this.#replay;
    try {
      return await this.#run();
    } finally {
      // Where it ends by an error, what the steps before have made of the weights is not to depend on the device either.
      await this.#retry(() => recovery.keep()).catch(() => {});
      recovery.training = undefined;
    }
  }

  async #run(): Promise<History> {
    const { signal, maxSteps = Infinity } = this.#options;
    const { epochs } = this.#context.params;
    await this.#call('onTrainBegin', this.#context);
    while (this.#place.epoch < epochs && this.#model.step < maxSteps && !this.#model.stopTraining) {
      const steps = Math.min(this.#options.stepsPerEpoch ?? this.#source.length, this.#place.batch + maxSteps - this.#model.step);
      this.#context = { model: this.#model, params: { epochs, steps }, hasValidation: this.#options.validationSource !== undefined };
      if (this.#place.order.length === 0) this.#place.startPass();
      await this.#call('onEpochBegin', this.#place.epoch, this.#context);
      await this.#trainEpoch();
      this.#model.training = this.#place.state(false);
      if (signal?.aborted) break;
      const logs: Logs = this.#place.totals.means();
      if (!(await this.#validate(logs))) break;
      await this.#endEpoch(logs);
      this.#place.nextEpoch();
    }
    const interrupted = signal?.aborted === true && this.#place.epoch < epochs;
    await this.#call('onTrainEnd', this.#context);
    const done = this.#place.history.loss?.length ?? 0;
    return { epoch: Array.from({ length: done }, (_, i) => i), history: this.#place.history, params: this.#context.params, interrupted };
  }

  /** The rest of the epoch's batches, each one submission; the losses are read while later batches compute. */
  async #trainEpoch(): Promise<void> {
    const { autosave, signal, callbacks = [] } = this.#options;
    const isAborted = (): boolean => signal?.aborted === true;
    this.#replay.draw();
    this.#lastRead = performance.now();
    while (this.#place.batch < this.#context.params.steps && !isAborted()) {
      const holds = this.#holds();
      if (holds.length > 0) {
        const held = Promise.all(holds);
        held.catch(() => {});
        await this.#collectAll();
        await held;
        if (isAborted()) break;
      }
      if (autosave?.isDue()) {
        await this.#keep();
        this.#model.training = this.#place.state(false);
        await autosave.save();
        this.#lastRead = performance.now();
        if (isAborted()) break;
      } else if (this.#replay.isDue) await this.#keep();
      if (this.#place.position >= this.#place.order.length) {
        this.#source.onEpochEnd();
        this.#place.startPass();
        this.#replay.draw();
      }
      const index = this.#place.order[this.#place.position]!;
      const batch = await nextBatch(this.#source, this.#place.order, this.#place.position);
      await this.#retry(() => this.#step(index, batch));
      if (this.#log.full || performance.now() - this.#lastRead > PACE_MS) {
        await this.#retry(() => this.#nextReading());
        this.#reading = this.#collect();
        // Its failure is met at the next await, one round later.
        this.#reading.catch(() => {});
      }
    }
    const isRead = isAborted() || callbacks.some(({ readsModel }) => readsModel);
    if (isRead || this.#replay.isDueAtEnd) await this.#keep();
    else await this.#collectAll();
  }

  async #step(index: number, batch: Batch): Promise<void> {
    const model = this.#model;
    const { executable, write } = await model.compiled.plans.get('train', this.#source);
    await executable.ready();
    write(batch);
    const scalars = { rows: batch.rows, slot: this.#log.slot, ...model.nextScalars };
    executable.run(scalars);
    this.#log.note({ batch, index: this.#place.batch, step: model.step + 1, rowsBefore: model.rowsTrained });
    this.#replay.note(index, scalars);
    model.countStep(batch.rows);
    this.#place.batch += 1;
    this.#place.position += 1;
  }

  /** Resolves when results may be read anew. */
  async #nextReading(): Promise<void> {
    const reading = this.#reading;
    this.#reading = Promise.resolve();
    await reading;
    this.#lastRead = performance.now();
  }

  /** Tells of everything up to the last step. */
  async #collectAll(): Promise<void> {
    await this.#retry(async () => {
      await this.#nextReading();
      await this.#collect();
    });
    this.#lastRead = performance.now();
  }

  /** Keeps on the host what is needed to go on from here. */
  async #keep(): Promise<void> {
    await this.#collectAll();
    await this.#retry(() => this.#replay.keep(() => this.#place.state(false)));
  }

  #retry<T>(work: () => Promise<T>): Promise<T> {
    const activity = (): string => {
      const isWhole = this.#place.batch > 0 && this.#place.batch >= this.#context.params.steps;
      return isWhole
        ? `at the end of epoch ${this.#place.epoch + 1}`
        : `in step ${this.#place.batch + 1} of epoch ${this.#place.epoch + 1}`;
    };
    return this.#model.compiled.recovery.retry(activity, work);
  }

  /** What callbacks hold the next step back with. */
  #holds(): Promise<void>[] {
    const holds: Promise<void>[] = [];
    for (const callback of this.#options.callbacks ?? []) {
      const hold = callback.onBatchBegin?.(this.#place.batch, this.#context);
      if (hold) holds.push(hold);
    }
    return holds;
  }

  async #collect(): Promise<void> {
    const results = await this.#log.read();
    if (results.length === 0) return;
    this.#model.compiled.recovery.progress();
    const means: Logs[] = [];
    for (const result of results) {
      if (result.fault !== undefined) {
        const where = await withRecovery(this.#model, 'while looking for what is not finite', () =>
          diagnose(this.#model, this.#source, result),
        );
        standAfter(this.#model, result);
        throw new NotFiniteError(where);
      }
      this.#place.totals.add(result);
      means.push(this.#place.totals.means());
    }
    for (const callback of this.#options.callbacks ?? []) callback.onBatchesEnd?.(results, means, this.#context);
  }

  /** Adds the validation's means to the logs; false where the signal ended it, whose part is then forgotten. */
  async #validate(logs: Logs): Promise<boolean> {
    const { validationSource, signal, autosave } = this.#options;
    if (!validationSource) return true;
    await this.#call('onTestBegin', this.#context);
    try {
      const { rows, ...scores } = await evaluate(this.#model, validationSource, {
        signal,
        peeked: this.#place.validationPeeked,
        autosave,
        steps: this.#options.validationSteps,
      });
      for (const [name, value] of Object.entries(scores)) logs[`val_${name}`] = value;
    } catch (error) {
      if (signal?.aborted) return false;
      if (!(error instanceof NotFiniteError)) throw error;
      throw new NotFiniteError(`validation after epoch ${this.#place.epoch + 1}: ${error.message}`, { cause: error });
    }
    this.#place.validationPeeked = true;
    await this.#call('onTestEnd', logs, this.#context);
    return true;
  }

  async #endEpoch(logs: Logs): Promise<void> {
    // The history comes after the user's callbacks, as in tf.keras: it notes what they add. What they save has this epoch in it already.
    for (const callback of this.#options.callbacks ?? []) {
      this.#model.training = this.#place.state(true, logs);
      await callback.onEpochEnd?.(this.#place.epoch, logs, this.#context);
    }
    for (const [name, value] of Object.entries(logs)) {
      this.#place.history[name] ??= [];
      this.#place.history[name].push(value);
    }
    this.#model.training = this.#place.state(true);
  }

  async #call<K extends 'onTrainBegin' | 'onEpochBegin' | 'onTestBegin' | 'onTestEnd' | 'onTrainEnd'>(
    hook: K,
    ...args: Parameters<NonNullable<Callback[K]>>
  ): Promise<void> {
    for (const callback of this.#options.callbacks ?? []) {
      await (callback[hook] as ((...values: typeof args) => void | Promise<void>) | undefined)?.apply(callback, args);
    }
  }
}
