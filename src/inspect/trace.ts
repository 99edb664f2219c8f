import { Graph } from '../engine/graph.js';
import { sizeOf, type Window2d } from '../engine/shape.js';
import type { Tensor, Variable } from '../engine/tensor.js';
import type { Model } from '../nn/base_model.js';
import type { Compiled } from '../nn/compiled.js';
import type { PlacedLayer } from '../nn/layer_stack.js';
import { traceLoss } from '../nn/losses.js';
import type { Batch, Source, SourceInput } from '../nn/source.js';
import { gradients } from '../ops/gradients.js';
import type { InspectedLayer, LayerKind } from './types.js';

const KINDS: Readonly<Record<PlacedLayer['layer']['className'], LayerKind>> = {
  Conv2D: 'conv2d',
  MaxPooling2D: 'max_pooling2d',
  Flatten: 'flatten',
  Dropout: 'dropout',
  Dense: 'dense',
  Activation: 'activation',
};

/** Names that an inspection gives to the optimizers' slots. */
const SLOTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  adam: { moment: 'm', velocity: 'v' },
  sgd: { velocity: 'velocity' },
};

/** A variable of the model, and a copy of it that the inspected step may change. */
export interface Copy {
  /** 'layer0/kernel', 'layer0/kernel/m'. */
  readonly name: string;
  readonly of: Variable;
  readonly copy: Variable;
}

/** A graph of one training step in which every number has a name. */
export interface InspectionTrace {
  readonly graph: Graph;
  readonly input: SourceInput<Batch>;
  readonly labels: Tensor;
  /** What the plan computes and is read back, by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly copies: readonly Copy[];
  /** All variables of the graph: the copies, and what an optimizer notes its faults in. */
  readonly variables: readonly Variable[];
  readonly layers: readonly InspectedLayer[];
}

/** What an activation was computed from. */
function preActivation(output: Tensor): Tensor | undefined {
  const { producer } = output.root;
  return producer && ['relu_forward', 'sigmoid_forward', 'softmax_forward'].includes(producer.op) ? producer.inputs.input : undefined;
}

/** The logits of a model's output: what its last activation was computed from, or the output itself where there is none. */
export function logitsOf(output: Tensor): Tensor {
  return preActivation(output) ?? output;
}

/** What a layer is, by what it recorded. */
function describe(graph: Graph, placed: PlacedLayer, index: number, begin: number, rows: number): InspectedLayer {
  const nodes = graph.nodes.slice(begin);
  const { config, className } = placed.layer;
  const windowed = nodes.find(({ op }) => op === 'conv2d_forward' || op === 'max_pool2d_forward');
  const drops = nodes.some(({ op }) => op === 'dropout_apply');
  return {
    index,
    name: placed.name,
    kind: KINDS[className],
    inputShape: placed.inputShape,
    outputShape: placed.outputShape,
    parameters: placed.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    flops: nodes.reduce((sum, { cost }) => sum + cost.flops, 0) / rows,
    activation: (config.activation as InspectedLayer['activation'] | undefined) ?? 'linear',
    ...(windowed && { window: windowed.attrs as unknown as Window2d }),
    ...(drops && { rate: config.rate as number }),
  };
}

/**
 * Records the step that training would take next, without fusions in mind: every activation, its gradient, every weight's gradient, and the update on
 * copies of the weights and moments, where something updated is wanted.
 */
export function traceInspection(
  model: Model,
  compiled: Compiled,
  source: Source<Batch>,
  training: boolean,
  want: (name: string) => boolean = () => true,
): InspectionTrace {
  const graph = new Graph();
  const tensors = new Map<string, Tensor>();
  const copies: Copy[] = [];
  const copyOf = (name: string, of: Variable): Tensor => {
    const copy = { ...of, name };
    copies.push({ name, of, copy });
    return graph.variable(copy);
  };
  const weights = new Map<string, Tensor>();
  const input = graph.within('input', () => source.trace(graph));
  tensors.set('input', input.x);
  let output = input.x;
  const layers = model.layers.map((placed, index) => {
    const prefix = `layer${index}`;
    const begin = graph.nodes.length;
    const parameters = Object.fromEntries(
      placed.parameters.map(variable => {
        const name = variable.name.slice(placed.name.length + 1);
        const tensor = copyOf(`${prefix}/${name}`, variable);
        weights.set(variable.name, tensor);
        return [name, tensor];
      }),
    );
    const context = { parameters, training, firstRow: 0, seed: model.seed, stream: placed.stream };
    const result = graph.within(placed.name, () => placed.layer.call(output, context));
    const before = preActivation(result.output);
    if (result.output.root !== output.root) {
      if (before && before.root !== output.root) tensors.set(`${prefix}/pre_activation`, before);
      const { producer } = result.output.root;
      if (producer?.outputs.argmax) tensors.set(`${prefix}/argmax`, producer.outputs.argmax);
      if (producer?.inputs.mask) tensors.set(`${prefix}/mask`, producer.inputs.mask);
    }
    output = result.output;
    tensors.set(`${prefix}/output`, output);
    return describe(graph, placed, index, begin, source.batchSize);
  });
  const logits = logitsOf(output);
  const labels = graph.input('labels', output.shape);
  const result = { output, ...(logits !== output && { logits }) };
  const loss = graph.within('loss', () => traceLoss(compiled.loss, result, labels, 0));

  const differentiable = [...tensors]
    .filter(([name]) => !/\/(argmax|mask)$/.test(name))
    // With the loss from logits, nothing leads from the probabilities to it.
    .filter(([, { root }]) => !(compiled.loss.from === 'logits' && root === output.root));
  const wanted = [...differentiable, ...copies.map(({ name, copy }) => [name, graph.variable(copy)] as const)];
  gradients(
    graph,
    loss,
    wanted.map(([, tensor]) => tensor),
  ).forEach((gradient, i) => {
    tensors.set(`${wanted[i]![0]}/gradient`, gradient);
  });
  tensors.set('labels', labels).set('logits', logits).set('probabilities', output).set('loss', loss);
  const logitsGradient = [...differentiable].find(([, { root }]) => root === logits.root);
  if (logitsGradient) tensors.set('logits/gradient', tensors.get(`${logitsGradient[0]}/gradient`)!);

  const { optimizer } = compiled;
  const faults: Variable = { name: 'faults', shape: [1], dtype: 'uint32' };
  for (const { variable, slots } of compiled.parameters) {
    const { name } = copies.find(({ of }) => of === variable)!;
    const state = Object.fromEntries(
      Object.entries(slots).map(([slot, of]) => [slot, copyOf(`${name}/${SLOTS[optimizer.name]![slot]}`, of)]),
    );
    const changed = copies.filter(copy => copy.name.startsWith(name)).map(copy => `${copy.name}/updated`);
    if (!changed.some(want)) continue;
    const fault = { faults: graph.variable(faults), place: 0 };
    graph.within(variable.name, () => optimizer.update(tensors.get(`${name}/gradient`)!, loss, weights.get(variable.name)!, state, fault));
  }
  return { graph, input, labels, tensors, copies, variables: [...copies.map(({ copy }) => copy), faults], layers };
}
