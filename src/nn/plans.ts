import type { Executable } from '../engine/executor.js';
import { Graph } from '../engine/graph.js';
import { makePlan } from '../engine/plan.js';
import type { Tensor, Variable } from '../engine/tensor.js';
import { FUSIONS } from '../ops/fusions.js';
import { gradients } from '../ops/gradients.js';
import { record } from '../ops/record.js';
import type { CallResult } from './layers.js';
import { traceCorrect, traceLoss } from './losses.js';
import type { Compiled, Sequential } from './model.js';
import type { Batch, Source, SourceInput } from './source.js';

/** Batches whose losses are kept on the device until the host reads them all at once. */
export const HISTORY_CAPACITY = 1024;

export type Mode = 'train' | 'evaluate' | 'predict';

/** A plan of a model for a kind of source, ready to run. */
export interface Prepared {
  readonly executable: Executable;
  readonly input: SourceInput<Batch>;
  readonly labels: Tensor | undefined;
  /** The model's output, which plans for training don't keep. */
  readonly output: Tensor;
}

/** A model's graph for a mode and a source, with every tensor that a person may want to look at by name. */
export interface Trace {
  readonly graph: Graph;
  readonly input: SourceInput<Batch>;
  readonly labels: Tensor | undefined;
  readonly output: Tensor;
  readonly loss: Tensor | undefined;
  /** Each layer's output. */
  readonly activations: ReadonlyMap<string, Tensor>;
  /** Gradient of each weight, by its name. */
  readonly gradients: ReadonlyMap<string, Tensor>;
}

/** Records a model: its layers, and for training the loss, the gradients and the updates. */
export function traceModel(model: Sequential, compiled: Compiled, history: Variable, mode: Mode, source: Source<Batch>): Trace {
  const graph = new Graph();
  const input = graph.within('input', () => source.trace(graph));
  const activations = new Map<string, Tensor>();
  let result: CallResult = { output: input.x };
  model.layers.forEach(({ name, layer, parameters }, stream) => {
    const weights = Object.fromEntries(parameters.map(variable => [variable.name.slice(name.length + 1), graph.variable(variable)]));
    const context = { parameters: weights, training: mode === 'train', seed: model.seed, stream };
    result = graph.within(name, () => layer.call(result.output, context));
    activations.set(name, result.output);
  });
  const { output } = result;
  if (mode === 'predict') return { graph, input, labels: undefined, output, loss: undefined, activations, gradients: new Map() };

  const labels = graph.input('labels', output.shape);
  const loss = graph.within('loss', () => traceLoss(compiled.loss, result, labels));
  graph.within('metrics', () => record(loss, traceCorrect(output, labels), graph.variable(history)));
  const found = new Map<string, Tensor>();
  if (mode === 'train') {
    const parameters = compiled.parameters.map(({ variable }) => graph.variable(variable));
    gradients(graph, loss, parameters).forEach((gradient, i) => {
      const { variable, slots } = compiled.parameters[i]!;
      found.set(variable.name, gradient);
      const tensors = Object.fromEntries(Object.entries(slots).map(([slot, of]) => [slot, graph.variable(of)]));
      graph.within(variable.name, () => compiled.optimizer.update(gradient, loss, parameters[i]!, tensors));
    });
  }
  return { graph, input, labels, output, loss, activations, gradients: found };
}

/** The plans of a compiled model, each made when it is first wanted. */
export class Plans {
  /** Loss and correct rows of the last batches: [capacity, 2]. */
  readonly history: Variable = { name: 'history', shape: [HISTORY_CAPACITY, 2], dtype: 'float32' };
  readonly #model: Sequential;
  readonly #prepared = new Map<string, Promise<Prepared>>();

  constructor(model: Sequential) {
    this.#model = model;
  }

  get(mode: Mode, source: Source<Batch>): Promise<Prepared> {
    const key = `${mode} ${source.key}`;
    let prepared = this.#prepared.get(key);
    if (!prepared) {
      prepared = this.#prepare(mode, source);
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }

  async release(): Promise<void> {
    const prepared = await Promise.allSettled(this.#prepared.values());
    for (const result of prepared) if (result.status === 'fulfilled') result.value.executable.release();
  }

  async #prepare(mode: Mode, source: Source<Batch>): Promise<Prepared> {
    const model = this.#model;
    checkSource(model, mode, source);
    const { compiled } = model;
    const { graph, input, labels, output } = traceModel(model, compiled, this.history, mode, source);
    const executable = await compiled.executor.prepare(makePlan(graph, { outputs: mode === 'train' ? [] : [output], fusions: FUSIONS }));
    return { executable, input, labels, output };
  }
}

function checkSource(model: Sequential, mode: Mode, source: Source<Batch>): void {
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
