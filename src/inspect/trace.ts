import { Graph } from '../engine/graph.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor, Variable } from '../engine/tensor.js';
import { logitsOf } from '../nn/activations.js';
import type { Model } from '../nn/base_model.js';
import type { Compiled } from '../nn/compiled.js';
import type { PlacedLayer } from '../nn/layer_stack.js';
import { traceLoss } from '../nn/losses.js';
import { OPTIMIZERS } from '../nn/optimizers.js';
import { stateWeight } from '../nn/plans.js';
import type { Batch, Source, SourceInput } from '../nn/source.js';
import { assign } from '../ops/assign.js';
import { gradients } from '../ops/gradients.js';
import type { InspectedLayer } from './types.js';

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

/** What a layer is, by what it recorded. */
function describe(
  graph: Graph,
  placed: PlacedLayer,
  { index, begin, rows, linear }: { readonly index: number; readonly begin: number; readonly rows: number; readonly linear: string },
): InspectedLayer {
  const nodes = graph.nodes.slice(begin);
  const { record, config, activation } = placed.layer;
  return {
    index,
    name: placed.name,
    kind: record.kind,
    config,
    inputShape: placed.inputShape,
    outputShape: placed.outputShape,
    weights: placed.parameters.map(({ part, shape, trainable }) => ({ name: part, shape, trainable })),
    parameters: placed.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    flops: nodes.reduce((sum, { cost }) => sum + cost.flops, 0) / rows,
    activation,
    linear,
    ...(record.window && { window: record.window(config, [rows, ...placed.inputShape]) }),
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
  const state = new Map<Variable, Tensor>();
  const input = graph.within('input', () => source.trace(graph));
  tensors.set('input', input.x);
  let output = input.x;
  const layers = model.layers.map((placed, index) => {
    const prefix = `layer${index}`;
    const begin = graph.nodes.length;
    const own = Object.fromEntries(
      placed.parameters.map(variable => {
        const tensor = copyOf(`${prefix}/${variable.part}`, variable);
        weights.set(variable.name, tensor);
        return [variable.part, tensor];
      }),
    );
    const context = { weights: own, training, firstRow: 0, seed: model.seed, stream: placed.stream };
    const result = graph.within(placed.name, () => placed.layer.call(output, context));
    const before = result.preActivation;
    const isFromInput = before?.root === output.root;
    const linear = !before
      ? `${prefix}/output`
      : isFromInput
        ? index === 0
          ? 'input'
          : `layer${index - 1}/output`
        : `${prefix}/pre_activation`;
    if (result.output.root !== output.root) {
      if (before && !isFromInput) tensors.set(`${prefix}/pre_activation`, before);
      const { producer } = result.output.root;
      if (producer?.outputs.argmax) tensors.set(`${prefix}/argmax`, producer.outputs.argmax);
      if (producer?.inputs.mask) tensors.set(`${prefix}/mask`, producer.inputs.mask);
    }
    if (training)
      for (const [part, value] of Object.entries(result.state ?? {})) state.set(stateWeight(placed.name, placed.parameters, part), value);
    output = result.output;
    tensors.set(`${prefix}/output`, output);
    return describe(graph, placed, { index, begin, rows: source.batchSize, linear });
  });
  const logits = logitsOf(output);
  const labels = graph.input('labels', output.shape);
  const result = { output, ...(logits !== output && { preActivation: logits }) };
  const loss = graph.within('loss', () => traceLoss(compiled.loss, result, labels, 0));

  const differentiable = [...tensors]
    .filter(([name]) => !/\/(argmax|mask)$/.test(name))
    // With the loss from logits, nothing leads from the probabilities to it.
    .filter(([, { root }]) => !(compiled.loss.from === 'logits' && root === output.root));
  const trained = copies.filter(({ of }) => compiled.parameters.some(({ variable }) => variable === of && variable.trainable));
  const wanted = [...differentiable, ...trained.map(({ name, copy }) => [name, graph.variable(copy)] as const)];
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
    const kept = Object.fromEntries(
      Object.entries(slots).map(([slot, of]) => [slot, copyOf(`${name}/${OPTIMIZERS[optimizer.name].slots[slot]}`, of)]),
    );
    const changed = copies.filter(copy => copy.name === name || copy.name.startsWith(`${name}/`)).map(copy => `${copy.name}/updated`);
    if (!changed.some(want)) continue;
    const fault = { faults: graph.variable(faults), place: 0 };
    const tensor = weights.get(variable.name)!;
    if (!variable.trainable) {
      const value = state.get(variable);
      if (value) graph.within(variable.name, () => assign(value, loss, { variable: tensor, faults: fault.faults }, fault));
      continue;
    }
    graph.within(variable.name, () => optimizer.update(tensors.get(`${name}/gradient`)!, loss, tensor, kept, fault));
  }
  return { graph, input, labels, tensors, copies, variables: [...copies.map(({ copy }) => copy), faults], layers };
}
