import { streams } from '../engine/random.js';
import type { Model } from './base_model.js';
import { BatchLog, Totals } from './batch_log.js';
import type { Callback, Logs, Run } from './callbacks/callback.js';
import { clearFaults, diagnose, standAfter } from './diagnose.js';
import { checkSteps, evaluate, peek } from './evaluate.js';
import { NotFiniteError } from './finite.js';
import { checkCounts, checkTrains, type FitOptions, type History } from './fit_options.js';
import type { FitState } from './fit_state.js';
import { PREPARING, withRecovery } from './recovery.js';
import { Replay } from './replay.js';
import { type Batch, inOrder, nextBatch, type Source } from './source.js';

interface InnerOptions extends FitOptions {
  readonly validationSource?: Source<Batch> | undefined;
}

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
  #epoch = 0;
  #batch = 0;
  #order: number[] = [];
  /** Batches of the order that are done. */
  #position = 0;
  #totals: Totals;
  #validationPeeked = false;
  readonly #history: Record<string, number[]> = {};

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
    this.#totals = new Totals(metrics);
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
    if (resume) this.#restore(resume);
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
    while (this.#epoch < epochs && this.#model.step < maxSteps && !this.#model.stopTraining) {
      const steps = Math.min(this.#options.stepsPerEpoch ?? this.#source.length, this.#batch + maxSteps - this.#model.step);
      this.#context = { model: this.#model, params: { epochs, steps }, hasValidation: this.#options.validationSource !== undefined };
      if (this.#order.length === 0) this.#startPass();
      await this.#call('onEpochBegin', this.#epoch, this.#context);
      await this.#trainEpoch();
      this.#model.training = this.#state(false);
      if (signal?.aborted) break;
      const logs: Logs = this.#totals.means();
      if (!(await this.#validate(logs))) break;
      await this.#endEpoch(logs);
      this.#nextEpoch();
    }
    const interrupted = signal?.aborted === true && this.#epoch < epochs;
    await this.#call('onTrainEnd', this.#context);
    const done = this.#history.loss?.length ?? 0;
    return { epoch: Array.from({ length: done }, (_, i) => i), history: this.#history, params: this.#context.params, interrupted };
  }

  /** The rest of the epoch's batches, each one submission; the losses are read while later batches compute. */
  async #trainEpoch(): Promise<void> {
    const { autosave, signal, callbacks = [] } = this.#options;
    const isAborted = (): boolean => signal?.aborted === true;
    this.#replay.draw();
    this.#lastRead = performance.now();
    while (this.#batch < this.#context.params.steps && !isAborted()) {
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
        this.#model.training = this.#state(false);
        await autosave.save();
        this.#lastRead = performance.now();
        if (isAborted()) break;
      } else if (this.#replay.isDue) await this.#keep();
      if (this.#position >= this.#order.length) {
        this.#source.onEpochEnd();
        this.#startPass();
        this.#replay.draw();
      }
      const index = this.#order[this.#position]!;
      const batch = await nextBatch(this.#source, this.#order, this.#position);
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
    this.#log.note({ batch, index: this.#batch, step: model.step + 1, rowsBefore: model.rowsTrained });
    this.#replay.note(index, scalars);
    model.countStep(batch.rows);
    this.#batch += 1;
    this.#position += 1;
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
    await this.#retry(() => this.#replay.keep(() => this.#state(false)));
  }

  #retry<T>(work: () => Promise<T>): Promise<T> {
    const activity = (): string => {
      const isWhole = this.#batch > 0 && this.#batch >= this.#context.params.steps;
      return isWhole ? `at the end of epoch ${this.#epoch + 1}` : `in step ${this.#batch + 1} of epoch ${this.#epoch + 1}`;
    };
    return this.#model.compiled.recovery.retry(activity, work);
  }

  /** What callbacks hold the next step back with. */
  #holds(): Promise<void>[] {
    const holds: Promise<void>[] = [];
    for (const callback of this.#options.callbacks ?? []) {
      const hold = callback.onBatchBegin?.(this.#batch, this.#context);
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
      this.#totals.add(result);
      means.push(this.#totals.means());
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
        peeked: this.#validationPeeked,
        autosave,
        steps: this.#options.validationSteps,
      });
      for (const [name, value] of Object.entries(scores)) logs[`val_${name}`] = value;
    } catch (error) {
      if (signal?.aborted) return false;
      if (!(error instanceof NotFiniteError)) throw error;
      throw new NotFiniteError(`validation after epoch ${this.#epoch + 1}: ${error.message}`, { cause: error });
    }
    this.#validationPeeked = true;
    await this.#call('onTestEnd', logs, this.#context);
    return true;
  }

  async #endEpoch(logs: Logs): Promise<void> {
    // The history comes after the user's callbacks, as in tf.keras: it notes what they add. What they save has this epoch in it already.
    for (const callback of this.#options.callbacks ?? []) {
      this.#model.training = this.#state(true, logs);
      await callback.onEpochEnd?.(this.#epoch, logs, this.#context);
    }
    for (const [name, value] of Object.entries(logs)) {
      this.#history[name] ??= [];
      this.#history[name].push(value);
    }
    this.#model.training = this.#state(true);
  }

  #begin(epoch: number): void {
    this.#epoch = epoch;
    this.#batch = 0;
    this.#totals = new Totals(this.#model.compiled.metrics);
  }

  /** Leaves an epoch that is done. */
  #nextEpoch(): void {
    const goesOn = this.#source.goesOn && this.#options.stepsPerEpoch !== undefined;
    if (!goesOn || this.#position >= this.#order.length) {
      this.#source.onEpochEnd();
      this.#order = [];
      this.#position = 0;
    }
    this.#begin(this.#epoch + 1);
  }

  /** Begins with all batches, in a new order. */
  #startPass(): void {
    const order = inOrder(this.#source);
    if (this.#options.shuffle ?? true) streams.python.shuffle(order);
    this.#order = order;
    this.#position = 0;
  }

  /** `logs`: of an epoch that is not in the history yet. */
  #state(ended: boolean, logs: Logs = {}): FitState {
    const { loss, correct, rows, counts } = this.#totals;
    const history: Record<string, number[]> = structuredClone(this.#history);
    for (const [name, value] of Object.entries(logs)) history[name] = [...(history[name] ?? []), value];
    return {
      epoch: this.#epoch,
      batch: this.#batch,
      ...(this.#position !== this.#batch && { position: this.#position }),
      ended,
      order: this.#order,
      totals: { loss, correct, rows, ...(counts.length > 0 && { counts: [...counts] }) },
      history,
      numpy: streams.numpy.state,
      python: streams.python.state,
      source: this.#source.save(),
      validationSource: this.#options.validationSource?.save(),
      validationPeeked: this.#validationPeeked,
    };
  }

  #restore(state: FitState): void {
    streams.numpy.state = state.numpy;
    streams.python.state = state.python;
    for (const [name, values] of Object.entries(state.history)) this.#history[name] = [...values];
    if (this.#options.otherData) {
      this.#begin(state.ended ? state.epoch + 1 : state.epoch);
      return;
    }
    this.#source.restore(state.source);
    this.#options.validationSource?.restore(state.validationSource);
    if (state.order.length > 0 && state.order.length !== this.#source.length) {
      throw new Error(`resume: the epoch had ${state.order.length} batches, the data has ${this.#source.length}`);
    }
    this.#validationPeeked = state.validationPeeked;
    this.#epoch = state.epoch;
    this.#batch = state.batch;
    this.#order = [...state.order];
    this.#position = state.position ?? state.batch;
    this.#totals = new Totals(this.#model.compiled.metrics, state.totals);
    if (state.ended) this.#nextEpoch();
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
