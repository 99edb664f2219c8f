import { type Executable, type Executor, TooLargeError } from '../engine/executor.js';
import { Graph } from '../engine/graph.js';
import { makePlan, type Plan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor, Variable } from '../engine/tensor.js';
import { add } from '../ops/add.js';
import { assign } from '../ops/assign.js';
import { FUSIONS } from '../ops/fusions.js';
import { gradients } from '../ops/gradients.js';
import { record } from '../ops/record.js';
import type { LayerStack, Setup, Weight } from './layer_stack.js';
import type { ActivatedResult } from './layers/layer.js';
import { traceLoss } from './losses.js';
import { traceCorrect } from './metrics.js';
import type { FaultPlace } from './optimizers.js';
import { type Batch, type Part, partOf, type Source, type SourceInput } from './source.js';

/** Batches whose losses are kept on the device until the host reads them all at once. */
export const HISTORY_CAPACITY = 1024;

export type Mode = 'train' | 'evaluate' | 'predict';

/** A part of a batch in a model's graph. */
export interface PartTrace {
  readonly part: Part;
  readonly input: SourceInput<Batch>;
  readonly labels: Tensor | undefined;
  readonly output: Tensor;
  /** Each layer's output. */
  readonly activations: ReadonlyMap<string, Tensor>;
}

/**
 * A model's graph for a mode and a source, with every tensor that a person may want to look at by name. Where the batch is not divided, `parts` has
 * one part, which is what the trace itself has.
 */
export interface Trace extends PartTrace {
  readonly graph: Graph;
  readonly parts: readonly PartTrace[];
  /** Of the whole batch. */
  readonly loss: Tensor | undefined;
  /** Gradient of each weight, by its name, over the whole batch. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Of a training step: what weights that are not trained become. */
  readonly state: State;
}

/** What weights that are not trained become by a step. */
type State = ReadonlyMap<Weight, Tensor>;

/** A plan of a model for a kind of source, ready to run. */
export interface Prepared {
  readonly executable: Executable;
  /** The parts of a batch that are computed one after another. */
  readonly parts: readonly Part[];
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

/**
 * Records a model: its layers, and for training the loss, the gradients and the updates. In parts, each is computed forward and backward before the
 * next begins, so that they share buffers; losses and gradients are summed, and the optimizer then runs once.
 */
export function traceModel(
  model: LayerStack,
  setup: Setup,
  { history, faults }: Pick<Plans, 'history' | 'faults'>,
  mode: Mode,
  source: Source<Batch>,
  parts: readonly Part[] = divide(source.batchSize, 1),
): Trace {
  const graph = new Graph();
  const traced: PartTrace[] = [];
  let losses: { readonly loss: Tensor; readonly correct: Tensor } | undefined;
  let summed: Tensor[] | undefined;
  let state: State = new Map();
  const trained = setup.parameters.filter(({ variable }) => variable.trainable);
  const parameters = trained.map(({ variable }) => graph.variable(variable));
  for (const part of parts) {
    const { result, state: found, ...rest } = traceLayers(model, graph, mode, source, part);
    const { output } = result;
    state = found;
    const labels = mode === 'predict' ? undefined : graph.input('labels', output.shape);
    traced.push({ part, ...rest, labels, output });
    if (!labels) continue;
    const loss = graph.within('loss', () => traceLoss(setup.loss, result, labels, part.first));
    const correct = graph.within('metrics', () => traceCorrect(output, labels, part.first));
    losses = losses
      ? { loss: graph.within('loss', () => add(losses!.loss, loss)), correct: graph.within('metrics', () => add(losses!.correct, correct)) }
      : { loss, correct };
    if (mode !== 'train') continue;
    const slopes = gradients(graph, loss, parameters);
    summed = summed ? slopes.map((gradient, i) => graph.within(parameters[i]!.name, () => add(summed![i]!, gradient))) : slopes;
  }
  const updates = { history: graph.variable(history), faults: graph.variable(faults) };
  const gate = losses && graph.within('metrics', () => record(losses.loss, losses.correct, updates, { training: mode === 'train' }));
  const faultOf = (variable: Weight): FaultPlace => ({
    faults: updates.faults,
    place: 1 + model.weightSpecs.indexOf(variable),
  });
  const named = new Map<string, Tensor>();
  summed?.forEach((gradient, i) => {
    const { variable, slots } = trained[i]!;
    named.set(variable.name, gradient);
    const tensors = Object.fromEntries(Object.entries(slots).map(([slot, of]) => [slot, graph.variable(of)]));
    graph.within(variable.name, () => setup.optimizer.update(gradient, gate!, parameters[i]!, tensors, faultOf(variable)));
  });
  for (const [variable, value] of state) {
    const { faults: noted, place } = faultOf(variable);
    graph.within(variable.name, () => assign(value, gate!, { variable: graph.variable(variable), faults: noted }, { place }));
  }
  return { ...traced[0]!, graph, parts: traced, loss: losses?.loss, gradients: named, state };
}

/** Records a source's input and a model's layers for a part of the batch. */
function traceLayers(
  model: LayerStack,
  graph: Graph,
  mode: Mode,
  source: Source<Batch>,
  part: Part,
): {
  readonly input: SourceInput<Batch>;
  readonly activations: ReadonlyMap<string, Tensor>;
  readonly result: ActivatedResult;
  readonly state: State;
} {
  const input = graph.within('input', () => source.trace(graph, part));
  const activations = new Map<string, Tensor>();
  const state = new Map<Weight, Tensor>();
  let result: ActivatedResult = { output: input.x };
  model.layers.forEach(({ name, layer, parameters, stream }) => {
    const weights = Object.fromEntries(parameters.map(variable => [variable.part, graph.variable(variable)]));
    const context = { weights, training: mode === 'train', firstRow: part.first, seed: model.seed, stream };
    result = graph.within(name, () => layer.call(result.output, context));
    activations.set(name, result.output);
    if (mode === 'train')
      for (const [part, value] of Object.entries(result.state ?? {})) state.set(stateWeight(name, parameters, part), value);
  });
  return { input, activations, result, state };
}

/** The weight that a layer named in its state. */
export function stateWeight(layer: string, weights: readonly Weight[], part: string): Weight {
  const found = weights.find(weight => weight.part === part && !weight.trainable);
  if (!found) throw new Error(`layer '${layer}': its state has '${part}', which is no weight of it that is not trained`);
  return found;
}

/** Sets a batch's rows, and its labels where the trace takes them, for the next run. */
export function writeBatch(executable: Executable, { parts }: Trace, batch: Batch, batchSize: number): void {
  for (const { part, input, labels } of parts) {
    input.write(executable, batch);
    if (labels) executable.write(labels, partOf(batch.labels!, batchSize, part));
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
): Promise<{ readonly trace: Trace; readonly executable: Executable }> {
  let tooLarge: TooLargeError | undefined;
  const single = planIn([{ first: 0, size: 1 }]);
  // No division helps where a single row is too large: this throws what is.
  if (!executor.runs(single.plan)) return { trace: single.trace, executable: await executor.prepare(single.plan) };
  const keeper = [...single.trace.state.keys()][0];
  for (const isChoosy of executor.fits(single.plan) ? [true, false] : [false]) {
    for (let count = 1; count <= (keeper ? 1 : rows); count++) {
      const { trace, plan } = planIn(divide(rows, count));
      if (isChoosy && !executor.fits(plan)) continue;
      try {
        return { trace, executable: await executor.prepare(plan) };
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
export class Plans {
  /** Loss and correct rows of the last batches: [capacity, 2]. */
  readonly history: Variable = { name: 'history', shape: [HISTORY_CAPACITY, 2], dtype: 'float32' };
  /** The training step in which the loss (place 0) or the update of a parameter (the others) was first not finite: see record(). */
  readonly faults: Variable;
  readonly #model: LayerStack;
  readonly #setup: Setup;
  readonly #prepared = new Map<string, Promise<Prepared>>();

  constructor(model: LayerStack, setup: Setup) {
    this.#model = model;
    this.#setup = setup;
    this.faults = { name: 'faults', shape: [1 + model.weightSpecs.length], dtype: 'uint32' };
  }

  /** What the plans write besides weights and moments. */
  get scratch(): readonly Variable[] {
    return [this.history, this.faults];
  }

  async get(mode: Mode, source: Source<Batch>): Promise<Prepared> {
    const key = `${mode} ${source.key}`;
    const known = this.#prepared.get(key);
    const found = await known;
    if (found && !found.executable.isLost) return found;
    // Others may have asked for the same meanwhile.
    if (this.#prepared.get(key) !== known) return this.get(mode, source);
    found?.executable.release();
    const prepared = this.#prepare(mode, source);
    this.#prepared.set(key, prepared);
    prepared.catch(() => this.#prepared.delete(key));
    return prepared;
  }

  async release(): Promise<void> {
    const prepared = await Promise.allSettled(this.#prepared.values());
    for (const result of prepared) if (result.status === 'fulfilled') result.value.executable.release();
  }

  async #prepare(mode: Mode, source: Source<Batch>): Promise<Prepared> {
    const model = this.#model;
    checkSource(model, mode, source);
    const setup = this.#setup;
    const { batchSize } = source;
    const { trace, executable } = await prepareDivided(setup.executor, batchSize, parts => {
      const trace = traceModel(model, setup, this, mode, source, parts);
      const outputs = mode === 'train' ? [] : trace.parts.map(({ output }) => output);
      return { trace, plan: makePlan(trace.graph, { outputs, fusions: FUSIONS }) };
    });
    return {
      executable,
      parts: trace.parts.map(({ part }) => part),
      write: batch => writeBatch(executable, trace, batch, batchSize),
      readOutput: async () => {
        const whole = new Float32Array(batchSize * sizeOf(model.outputShape));
        const read = trace.parts.map(({ output }) => executable.read(output));
        for (const [i, { part }] of trace.parts.entries()) whole.set(await read[i]!, part.first * sizeOf(model.outputShape));
        return whole;
      },
    };
  }
}

function checkSource(model: LayerStack, mode: Mode, source: Source<Batch>): void {
  const [units] = model.outputShape;
  if (source.shape.join() !== model.inputShape.join()) {
    throw new Error(`${mode}: rows have shape [${source.shape.join(', ')}], the model takes [${model.inputShape.join(', ')}]`);
  }
  if (mode === 'predict') return;
  if (source.labelUnits === undefined) throw new Error(`${mode}: the data has no labels`);
  if (source.labelUnits !== units) {
    throw new Error(
      `${mode}: labels have ${source.labelUnits} number${source.labelUnits === 1 ? '' : 's'} a row, the model's last layer ${units} units`,
    );
  }
}
