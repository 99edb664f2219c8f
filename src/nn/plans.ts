import { type Executable, type Executor, TooLargeError } from '../engine/executor.js';
import { makePlan, type Plan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor, Variable } from '../engine/tensor.js';
import { FUSIONS } from '../ops/fusions.js';
import { checkLabels, labelRows } from './labels.js';
import type { LayerStack, Setup } from './layer_stack.js';
import { countersOf } from './metrics.js';
import { type Batch, type Part, partOf, type Source, type Traced } from './source.js';
import { type Mode, type PartTrace, type Scratch, type Trace, tensorOf, traceModel } from './trace.js';
import { UPDATE } from './updates.js';

/** Batches whose losses are kept on the device until the host reads them all at once. */
export const HISTORY_CAPACITY = 1024;

/** A plan of a model for a kind of source, ready to run. */
export interface Prepared {
  readonly executable: Executable;
  readonly trace: Trace;
  readonly plan: Plan;
  /** Sets a batch, with its labels where the plan takes them, for the next run. */
  write(batch: Batch): void;
  /** The model's output for the last batch, [rows of a full batch, units]; plans for training don't keep it. */
  readOutput(): Promise<Float32Array>;
}

/** Divides rows into `count` parts as even as can be. */
export function divide(rows: number, count: number): Part[] {
  const boundary = (part: number): number => Math.ceil((part * rows) / count);
  return Array.from({ length: count }, (_, i) => ({ first: boundary(i), size: boundary(i + 1) - boundary(i) }));
}

/** Sets a batch's rows, and its labels where the trace takes them, for the next run. */
export function writeBatch(executable: Executable, { parts }: Trace, batch: Batch, batchSize: number): void {
  const units = parts[0]!.tensors.get('labels')?.shape[1];
  const rows = units === undefined ? undefined : labelRows(batch, batchSize, units);
  for (const { part, input, tensors } of parts) {
    input.write(executable, batch);
    const [labels, weights] = [tensors.get('labels'), tensors.get('sample_weights')];
    if (labels) executable.write(labels, partOf(rows!, batchSize, part));
    if (weights) executable.write(weights, partOf(batch.weights!, batchSize, part));
  }
}

/**
 * Prepares the plan of a trace that divides the batch into as few parts as let every suitable kernel bind its tensors; where even single rows are too
 * large for some of the kernels, into as few as let the plan run. Throws a TooLargeError where none do. What a layer keeps of whole batches is not
 * to be had of parts: with such a layer, the batch is never divided.
 */
export async function prepareDivided(
  executor: Executor,
  rows: number,
  planIn: (parts: readonly Part[]) => { readonly trace: Trace; readonly plan: Plan },
): Promise<Pick<Prepared, 'trace' | 'plan' | 'executable'>> {
  let tooLarge: TooLargeError | undefined;
  const single = planIn([{ first: 0, size: 1 }]);
  // No division helps where a single row is too large: this throws what is.
  if (!executor.runs(single.plan)) return { ...single, executable: await executor.prepare(single.plan) };
  const keeper = [...single.trace.state.keys()][0];
  for (const isChoosy of executor.fits(single.plan) ? [true, false] : [false]) {
    for (let count = 1; count <= (keeper ? 1 : rows); count++) {
      const { trace, plan } = planIn(divide(rows, count));
      if (isChoosy && !executor.fits(plan)) continue;
      try {
        return { trace, plan, executable: await executor.prepare(plan) };
      } catch (error) {
        if (!(error instanceof TooLargeError)) throw error;
        tooLarge = error;
      }
    }
  }
  if (!keeper) throw tooLarge!;
  throw new TooLargeError(
    `${tooLarge!.message}. It cannot be divided: '${keeper.name}' is updated from whole batches. Take batches of fewer than ${rows} rows`,
  );
}

/** The plans of a compiled model, each made when it is first wanted. */
export class Plans implements Scratch {
  readonly history: Variable;
  readonly faults: Variable;
  readonly #model: LayerStack;
  readonly #setup: Setup;
  readonly #prepared = new Map<string, Promise<Prepared>>();
  /** Of the plan that keeps data on the device. */
  #dataKey: string | undefined;

  constructor(model: LayerStack, setup: Setup) {
    this.#model = model;
    this.#setup = setup;
    this.history = { name: 'history', shape: [HISTORY_CAPACITY, 2 + countersOf(setup.metrics)], dtype: 'float32' };
    this.faults = { name: 'faults', shape: [1 + UPDATE], dtype: 'uint32' };
  }

  /** What the plans write besides weights and moments. */
  get scratch(): readonly Variable[] {
    return [this.history, this.faults];
  }

  async get(mode: Mode, source: Source<Batch>): Promise<Prepared> {
    // Training alone sees all the data again and again.
    const onDevice = mode === 'train' ? source.onDevice?.(this.#setup.executor.keptBytes) : undefined;
    const key = `${mode} ${(onDevice ?? source).key}`;
    const known = this.#prepared.get(key);
    const found = await known;
    if (found && !found.executable.isLost) return found;
    // Others may have asked for the same meanwhile.
    if (this.#prepared.get(key) !== known) return this.get(mode, source);
    found?.executable.release();
    if (onDevice) await this.#forgetData(key);
    const prepared = this.#prepare(mode, source, onDevice);
    this.#prepared.set(key, prepared);
    prepared.catch(() => this.#prepared.delete(key));
    return prepared;
  }

  /** Gives back the plan that keeps other data on the device: that of one source at a time is enough. */
  async #forgetData(key: string): Promise<void> {
    const before = this.#dataKey;
    this.#dataKey = key;
    if (before === undefined || before === key) return;
    const prepared = this.#prepared.get(before);
    this.#prepared.delete(before);
    (await prepared?.catch(() => undefined))?.executable.release();
  }

  async release(): Promise<void> {
    const prepared = await Promise.allSettled(this.#prepared.values());
    for (const result of prepared) if (result.status === 'fulfilled') result.value.executable.release();
  }

  async #prepare(mode: Mode, source: Source<Batch>, traced: Traced<Batch> = source): Promise<Prepared> {
    const model = this.#model;
    const setup = this.#setup;
    checkSource(model, setup, mode, source);
    const { batchSize } = source;
    const prepared = await prepareDivided(setup.executor, batchSize, parts => {
      const trace = traceModel(model, setup, this, mode, source, { parts, traced });
      const outputs = mode === 'train' ? [] : trace.parts.map(outputOf);
      return { trace, plan: makePlan(trace.graph, { outputs, fusions: FUSIONS }) };
    });
    const { trace, executable } = prepared;
    return {
      ...prepared,
      write: batch => writeBatch(executable, trace, batch, batchSize),
      readOutput: async () => {
        const whole = new Float32Array(batchSize * sizeOf(model.outputShape));
        const read = trace.parts.map(part => executable.read(outputOf(part)));
        for (const [i, { part }] of trace.parts.entries()) whole.set(await read[i]!, part.first * sizeOf(model.outputShape));
        return whole;
      },
    };
  }
}

const outputOf = (part: PartTrace): Tensor => tensorOf(part, 'probabilities');

function checkSource(model: LayerStack, { loss }: Setup, mode: Mode, source: Source<Batch>): void {
  if (source.shape.join() !== model.inputShape.join()) {
    throw new Error(`${mode}: rows have shape [${source.shape.join(', ')}], the model takes [${model.inputShape.join(', ')}]`);
  }
  if (mode === 'predict') return;
  if (source.labelUnits === undefined) throw new Error(`${mode}: the data has no labels`);
  checkLabels(mode, model, loss, source);
}
