import { Graph, type Node } from '../engine/graph.js';
import type { Tensor, Variable } from '../engine/tensor.js';
import { add } from '../ops/add.js';
import { assign } from '../ops/assign.js';
import { gradientsWhereAny } from '../ops/gradients.js';
import { note } from '../ops/note.js';
import { type Factors, penalty, penaltyBackward } from '../ops/penalty.js';
import { record } from '../ops/record.js';
import { traceClipping } from './clipping.js';
import type { LayerStack, Parameter, Setup, Weight } from './layer_stack.js';
import type { ActivatedResult } from './layers/layer.js';
import { traceLoss } from './losses.js';
import { traceCorrect, traceMetrics } from './metrics.js';
import { OPTIMIZERS } from './optimizers.js';
import { factorsOf } from './regularizers.js';
import type { Batch, Part, Source, SourceInput, Traced } from './source.js';
import { traceUpdates, UPDATE } from './updates.js';

/** What a graph ends in: the updates of the weights, the loss, or the model's output. */
export type Mode = 'train' | 'evaluate' | 'predict';

/** What a graph is traced with besides the model. */
export interface Scratch {
  /** Loss, correct rows and what metrics count of the last batches: [capacity, 2 + …]. */
  readonly history: Variable;
  /** The training step in which the loss (place 0) or an update (place 1) was first not finite: see record(). */
  readonly faults: Variable;
}

export interface TraceOptions {
  /** The parts of a batch that are computed one after another; default the whole batch. */
  readonly parts?: readonly Part[];
  /** Whether layers do what they do in training alone, as dropout; default in mode 'train'. */
  readonly training?: boolean;
  /** What records the input in place of the source; default the source. */
  readonly traced?: Traced<Batch>;
  /** What stands in the graph for a variable of the model, wherever it lies; default the variable, and one step for all weights that lie together. */
  readonly standIn?: (variable: Variable) => Variable;
}

/** A part of a batch in a model's graph. */
export interface PartTrace {
  readonly part: Part;
  readonly input: SourceInput<Batch>;
  /** Every tensor that a person may want to look at, by name: see Inspection for the names. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** What the layers recorded on the way from the input to the output. */
  readonly forward: readonly Node[];
}

/** A model's graph for a mode and a source. Its tensors are those of the first part; the loss and the gradients of weights are of the whole batch. */
export interface Trace extends PartTrace {
  readonly graph: Graph;
  readonly parts: readonly PartTrace[];
  /** Of a training step: what weights that are not trained become. */
  readonly state: State;
}

/** What weights that are not trained become by a step. */
type State = ReadonlyMap<Weight, Tensor>;

/** A model's weights, each with its name: 'layer0/kernel'. */
export function namedParameters({ layers }: LayerStack, { parameters }: Setup): (Parameter & { readonly name: string })[] {
  const names = new Map(layers.flatMap((layer, i) => layer.parameters.map(weight => [weight, `layer${i}/${weight.part}`])));
  return parameters.map(parameter => ({ ...parameter, name: names.get(parameter.variable)! }));
}

/** All that a step changes of a model, by name: the weights, 'layer0/kernel', and what the optimizer keeps for each, 'layer0/kernel/m'. */
export function namedVariables(model: LayerStack, setup: Setup): Map<string, Variable> {
  const specs = OPTIMIZERS[setup.optimizer.name].slots;
  return new Map(
    namedParameters(model, setup).flatMap(({ name, variable, slots }) => [
      [name, variable] as const,
      ...Object.entries(slots).map(([slot, of]) => [`${name}/${specs[slot]!.symbol}`, of] as const),
    ]),
  );
}

/** A tensor of a trace by its name. */
export function tensorOf({ tensors }: PartTrace, name: string): Tensor {
  const found = tensors.get(name);
  if (!found) throw new Error(`the trace has no tensor '${name}'; it has ${[...tensors.keys()].join(', ')}`);
  return found;
}

/**
 * Records a model: its layers, and for training the loss, the gradient of everything that it depends on, and the updates; a plan takes what it needs of
 * them. In parts, each is computed forward and backward before the next begins, so that they share buffers; losses and gradients of weights are summed,
 * and the optimizer then runs once.
 */
export function traceModel(
  model: LayerStack,
  setup: Setup,
  { history, faults }: Scratch,
  mode: Mode,
  source: Source<Batch>,
  { parts = [{ first: 0, size: source.batchSize }], training = mode === 'train', standIn, traced: from = source }: TraceOptions = {},
): Trace {
  const graph = new Graph();
  const tensorFor = (variable: Variable): Tensor => graph.variable(standIn?.(variable) ?? variable);
  const trained = namedParameters(model, setup).filter(({ variable }) => variable.trainable);
  const weights = new Map(trained.map(({ name, variable }) => [name, tensorFor(variable)]));
  const plus = (scope: string, sum: Tensor | undefined, next: Tensor): Tensor => (sum ? graph.within(scope, () => add(sum, next)) : next);
  const traced: PartTrace[] = [];
  /** Of the whole batch. */
  const sums = new Map<string, Tensor>();
  let correct: Tensor | undefined;
  /** What metrics count of the whole batch, by its first column. */
  const counted = new Map<number, Tensor>();
  let state: State = new Map();
  for (const part of parts) {
    const { result, state: found, ...layers } = traceLayers(model, graph, from, part, { training, tensorFor });
    const tensors = new Map(layers.tensors);
    traced.push({ part, ...layers, tensors });
    state = found;
    if (mode === 'predict') continue;
    const labels = graph.input('labels', result.output.shape);
    const sampleWeights = source.isWeighted ? graph.input('sample_weights', [part.size]) : undefined;
    const loss = graph.within('loss', () => traceLoss(setup.loss, result, labels, { firstRow: part.first, weights: sampleWeights }));
    const right = graph.within('metrics', () => traceCorrect(result.output, labels, part.first));
    tensors.set('labels', labels).set('loss', loss);
    if (sampleWeights) tensors.set('sample_weights', sampleWeights);
    sums.set('loss', plus('loss', sums.get('loss'), loss));
    correct = plus('metrics', correct, right);
    const noted = graph.within('metrics', () => traceMetrics(setup.metrics, result.output, labels, part.first));
    for (const [column, counts] of noted) counted.set(column, plus('metrics', counted.get(column), counts));
    if (mode !== 'train') continue;
    for (const [name, gradient] of traceGradients(graph, layers.tensors, weights, loss)) tensors.set(name, gradient);
    for (const { name, variable } of trained) {
      const gradient = `${name}/gradient`;
      sums.set(gradient, plus(variable.name, sums.get(gradient), tensors.get(gradient)!));
    }
  }
  const dataLoss = sums.get('loss');
  if (dataLoss)
    sums.set(
      'loss',
      graph.within('penalties', () => withPenalties(dataLoss, model.weightSpecs, tensorFor)),
    );
  for (const { name, variable } of mode === 'train' ? trained : []) {
    const { regularizer } = variable;
    const gradient = sums.get(`${name}/gradient`)!;
    const penalized = (factors: Factors): Tensor => add(gradient, penaltyBackward(weights.get(name)!, factors));
    if (regularizer)
      sums.set(
        `${name}/gradient`,
        graph.within(variable.name, () => penalized(factorsOf(regularizer))),
      );
  }
  const updates = { history: graph.variable(history), faults: graph.variable(faults) };
  const gate = correct && graph.within('metrics', () => record(sums.get('loss')!, correct!, updates, { training: mode === 'train' }));
  for (const [column, counts] of counted) graph.within('metrics', () => note(counts, updates.history, 2 + column));
  const updated = mode === 'train' ? trained : [];
  const gradients = updated.map(({ name, variable }) => ({ name, scope: variable.name, gradient: sums.get(`${name}/gradient`)! }));
  const clipped = traceClipping(graph, setup.optimizer.config, gradients);
  for (const [name, gradient] of clipped) sums.set(`${name}/clipped_gradient`, gradient);
  const steps = updated.map(({ name, ...parameter }) => ({ ...parameter, gradient: clipped.get(name) ?? sums.get(`${name}/gradient`)! }));
  if (gate) traceUpdates(graph, setup.optimizer, steps, { gate, faults: updates.faults }, standIn ? [] : setup.together, tensorFor);
  for (const [variable, value] of state) {
    const to = { variable: tensorFor(variable), faults: updates.faults };
    graph.within(variable.name, () => assign(value, gate!, to, { place: UPDATE }));
  }
  return { ...traced[0]!, graph, parts: traced, state, tensors: new Map([...traced[0]!.tensors, ...sums]) };
}

/** Adds to a loss what all weights' regularizers add, those of layers that are not trained too: as tf_keras does, not as Keras 3. */
function withPenalties(loss: Tensor, weights: readonly Weight[], tensorFor: (variable: Variable) => Tensor): Tensor {
  const penalties = weights.flatMap(weight => (weight.regularizer ? [penalty(tensorFor(weight), factorsOf(weight.regularizer))] : []));
  return penalties.length === 0 ? loss : add(loss, penalties.reduce(add));
}

/** Records the gradients of a loss, by name: of weights, and of all else that it depends on, up to where an op has no gradient. */
function traceGradients(
  graph: Graph,
  tensors: ReadonlyMap<string, Tensor>,
  weights: ReadonlyMap<string, Tensor>,
  loss: Tensor,
): Map<string, Tensor> {
  // The probabilities are named by their layer.
  const named = [...weights, ...tensors].filter(([name, { dtype }]) => dtype === 'float32' && name !== 'probabilities');
  const wrt = [...weights.values()];
  const also = named.slice(wrt.length).map(([, tensor]) => tensor);
  const found = gradientsWhereAny(graph, loss, wrt, also);
  return new Map(named.flatMap(([name], i) => (found[i] ? [[`${name}/gradient`, found[i]] as const] : [])));
}

/** Records a source's input and a model's layers for a part of the batch. */
function traceLayers(
  model: LayerStack,
  graph: Graph,
  source: Traced<Batch>,
  part: Part,
  { training, tensorFor }: { readonly training: boolean; readonly tensorFor: (variable: Variable) => Tensor },
): Omit<PartTrace, 'part'> & { readonly result: ActivatedResult; readonly state: State } {
  const input = graph.within('input', () => source.trace(graph, part));
  const tensors = new Map([['input', input.x]]);
  const state = new Map<Weight, Tensor>();
  const begin = graph.nodes.length;
  let result: ActivatedResult = { output: input.x };
  model.layers.forEach(({ name, layer, parameters, stream }, index) => {
    const weights = Object.fromEntries(parameters.map(variable => [variable.part, tensorFor(variable)]));
    const context = { weights, training, trainable: layer.trainable, firstRow: part.first, seed: model.seed, stream };
    const before = result;
    const isSame = (tensor: Tensor): boolean => tensor.root === before.output.root;
    const { output, preActivation, state: next = {}, parts = {} } = graph.within(name, () => layer.call(before.output, context));
    if (training && layer.trainable) for (const [own, value] of Object.entries(next)) state.set(stateWeight(name, parameters, own), value);
    // A layer that changes no number keeps what they were computed from.
    result = { output, preActivation: isSame(output) ? before.preActivation : preActivation };
    if (!isSame(output)) {
      const { producer } = output.root;
      if (preActivation && !isSame(preActivation)) tensors.set(`layer${index}/pre_activation`, preActivation);
      if (producer?.outputs.argmax) tensors.set(`layer${index}/argmax`, producer.outputs.argmax);
    }
    for (const [own, tensor] of Object.entries(parts)) tensors.set(`layer${index}/${own}`, tensor);
    tensors.set(`layer${index}/output`, output);
  });
  const { output, preActivation = output } = result;
  tensors.set('logits', preActivation).set('probabilities', output);
  return { input, tensors, forward: graph.nodes.slice(begin), result, state };
}

/** The weight that a layer named in its state. */
function stateWeight(layer: string, weights: readonly Weight[], part: string): Weight {
  const found = weights.find(weight => weight.part === part && !weight.trainable);
  if (!found) throw new Error(`layer '${layer}': its state has '${part}', which is not an untrained weight of it`);
  return found;
}
