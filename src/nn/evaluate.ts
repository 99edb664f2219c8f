import { sizeOf } from '../engine/shape.js';
import { BatchLog, type BatchResult, Totals } from './batch_log.js';
import type { CompiledModel } from './compiled.js';
import { firstNonFinite, NotFiniteError } from './finite.js';
import { withRecovery } from './recovery.js';
import { type Batch, inOrder, nextBatch, type Source } from './source.js';

/** Means over all rows, and how many there were. */
export interface Scores {
  readonly loss: number;
  readonly rows: number;
  /** 'acc' or 'accuracy', if compile() was asked for it. */
  readonly [metric: string]: number;
}

/** Asked between batches, of training and of its validations; where it is due, nothing is computed until `save` resolves. */
export interface Autosave {
  isDue(): boolean;
  /** model.training says where the fit stands; in a validation, where it stood before that. */
  save(): Promise<void>;
}

export interface EvaluateOptions {
  /** Called with what batches gave, as it arrives. */
  readonly onBatches?: (results: readonly BatchResult[]) => void;
  /** Called with each batch's rows of the model's output, [rows, units]. */
  readonly onOutput?: (output: Float32Array, batch: Batch) => void;
  readonly signal?: AbortSignal | undefined;
  /** Whether the source has been looked at before: see peek(). */
  readonly peeked?: boolean;
  readonly autosave?: Autosave | undefined;
  /** Batches, of those that there are. Default all. */
  readonly steps?: number | undefined;
}

/**
 * Keras looks at the first batch of a Sequence when it begins to use it, which draws random numbers and counts as a batch seen
 * (keras/engine/data_adapter.py, KerasSequenceAdapter).
 */
export async function peek(source: Source<Batch>): Promise<void> {
  await nextBatch(source, [0], 0);
}

/** Throws where there are not so many batches. */
export function checkSteps(what: string, steps: number, { length }: Source<Batch>): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= length) return;
  throw new Error(`${what} is ${steps}, the data has ${length} batches: wanted a whole number from 1 to ${length}`);
}

export async function evaluate(model: CompiledModel, source: Source<Batch>, options: EvaluateOptions = {}): Promise<Scores> {
  const { executor, metrics, plans } = model.compiled;
  // What was told before a loss is not told again.
  let told = 0;
  const isGiven = new Set<number>();
  const { steps = source.length } = options;
  checkSteps('evaluate: steps', steps, source);
  const work = async (): Promise<Scores> => {
    const { executable, write, readOutput } = await plans.get('evaluate', source);
    const reads = new Reads();
    const log = new BatchLog(executor, plans);
    const totals = new Totals(metrics);
    const collect = async (): Promise<void> => {
      const results = await log.read();
      for (const result of results) {
        checkLoss(result);
        totals.add(result);
      }
      const news = results.filter(({ index }) => index >= told);
      told += news.length;
      if (news.length > 0) options.onBatches?.(news);
    };
    const order = inOrder(source);
    if (!options.peeked) await peek(source);
    for (let index = 0; index < steps; index++) {
      options.signal?.throwIfAborted();
      const isDue = options.autosave?.isDue();
      if (isDue || log.full) await collect();
      if (isDue) await options.autosave?.save();
      const batch = await nextBatch(source, order, index);
      await executable.ready();
      write(batch);
      executable.run({ rows: batch.rows, slot: log.slot });
      log.note({ batch, index, step: 0, rowsBefore: 0 });
      const { onOutput } = options;
      if (!onOutput || isGiven.has(index)) continue;
      reads.add(readOutput(), rows => {
        isGiven.add(index);
        onOutput(firstRows(rows, batch, index * source.batchSize, model), batch);
      });
    }
    await reads.all();
    await collect();
    source.onEpochEnd();
    return { ...totals.means(), rows: totals.rows } as Scores;
  };
  return withRecovery(model, 'while evaluating', work, source);
}

/** Reads under way, that nobody may wait for where something else fails first. */
class Reads {
  readonly #reads: Promise<void>[] = [];

  add(read: Promise<Float32Array>, use: (rows: Float32Array) => void): void {
    const used = read.then(use);
    used.catch(() => {});
    this.#reads.push(used);
  }

  async all(): Promise<void> {
    await Promise.all(this.#reads);
  }
}

/** The rows of a full batch's output that count; throws where one is not finite. `first`: number of the batch's first row. */
function firstRows(output: Float32Array, batch: Batch, first: number, model: CompiledModel): Float32Array {
  const units = sizeOf(model.outputShape);
  const rows = output.subarray(0, batch.rows * units);
  const index = firstNonFinite(rows);
  if (index < 0) return rows;
  const row = Math.floor(index / units);
  const of = batch.files ? batch.files[row] : `row ${first + row}`;
  throw new NotFiniteError(`the model's output for ${of} is ${rows[index]}: its weights, or the numbers that it is given, are too large`);
}

function checkLoss({ loss, index, batch }: BatchResult): void {
  if (Number.isFinite(loss)) return;
  const of = batch.files ? `of ${batch.files.join(', ')}` : `of batch ${index}`;
  throw new NotFiniteError(`the loss ${of} is ${loss}: the model's weights, or the numbers that it is given, are too large`);
}

export async function predict(model: CompiledModel, source: Source<Batch>): Promise<Float32Array> {
  const work = async (): Promise<Float32Array> => {
    const { executable, write, readOutput } = await model.compiled.plans.get('predict', source);
    const predictions = new Float32Array(source.samples * sizeOf(model.outputShape));
    const reads = new Reads();
    const order = inOrder(source);
    await peek(source);
    for (let index = 0; index < source.length; index++) {
      const batch = await nextBatch(source, order, index);
      await executable.ready();
      write(batch);
      executable.run({ rows: batch.rows });
      const begin = index * source.batchSize * sizeOf(model.outputShape);
      reads.add(readOutput(), rows => predictions.set(firstRows(rows, batch, index * source.batchSize, model), begin));
    }
    await reads.all();
    source.onEpochEnd();
    return predictions;
  };
  return withRecovery(model, 'while predicting', work, source);
}
