import type { Graph, Node } from '../engine/graph.js';
import type { Attrs, Op } from '../engine/op.js';
import type { Fusion } from '../engine/plan.js';
import { sameShape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { conv2dForward } from './conv2d.js';
import { denseForward } from './dense.js';
import { depthwiseConv2dForward } from './depthwise_conv2d.js';
import { foldNormOp } from './fold_norm.js';

/** The layers that a normalization folds into: their last step times a factor by channel is the same with the factor in the kernel. */
const layers = new Map(
  [conv2dForward, depthwiseConv2dForward, denseForward].map(
    op => [op.name, op as unknown as Op<'input' | 'kernel' | 'bias', 'output', never, Attrs>] as const,
  ),
);

const NOTE = 'The normalization is in the kernel and bias of the layer here: its output is normalized already.';

/** The layer before a normalization by kept moments, if they have the same channels and nothing else needs what lies between. */
function layerBefore(norm: Node, nodes: readonly Node[], kept: (tensor: Tensor) => boolean): Node | undefined {
  const input = norm.inputs.input!;
  const between = input.root;
  const layer = nodes.find(({ outputs }) => outputs.output === between);
  const readers = nodes.filter(({ inputs }) => Object.values(inputs).some(({ root }) => root === between));
  // Under another shape, a channel of the normalization is no filter of the layer.
  const isSame = sameShape(input.shape, between.shape);
  return layer && layers.has(layer.op) && isSame && readers.length === 1 && !kept(between) ? layer : undefined;
}

/** The nodes in the place of a layer and its normalization. */
function fold(layer: Node, norm: Node, graph: Graph): Node[] {
  const { input, kernel, bias } = layer.inputs as Record<'input' | 'kernel' | 'bias', Tensor>;
  const { mean, variance, gamma, beta } = norm.inputs as Record<'mean' | 'variance' | 'gamma' | 'beta', Tensor>;
  const attrs = { size: sizeOf(kernel.shape), channels: sizeOf(bias.shape), epsilon: norm.attrs.epsilon as number };
  const folded = graph.make(foldNormOp, { kernel, bias, mean, variance, gamma, beta }, attrs, {}, {}, norm.scope);
  const inputs = { input, kernel: folded.outputs.foldedKernel!, bias: folded.outputs.foldedBias! };
  const node = graph.make(layers.get(layer.op)!, inputs, layer.attrs, {}, { output: norm.outputs.output! }, layer.scope);
  const tensor = layer.outputs.output!;
  return [folded, { ...node, replaces: [{ tensor, output: 'output', per: tensor.shape.map(() => 1), note: NOTE }] }];
}

/** Puts normalizations by kept moments into the kernel and bias of the layer before them. */
export const foldNorms: Fusion = (nodes, graph, kept) => {
  const replaced = new Map<Node, readonly Node[]>();
  for (const norm of nodes.filter(({ op }) => op === 'running_norm_forward')) {
    const layer = layerBefore(norm, nodes, kept);
    if (!layer) continue;
    replaced.set(layer, []);
    replaced.set(norm, fold(layer, norm, graph));
  }
  return nodes.flatMap(node => replaced.get(node) ?? [node]);
};
