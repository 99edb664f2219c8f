import type { Graph, Node } from '../engine/graph.js';
import type { Fusion } from '../engine/plan.js';
import { sameShape } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import type { Conv2d } from './conv2d.js';
import { CODES_PER_WORD, type Conv2dPool, conv2dPoolBackwardInput, conv2dPoolBackwardKernel, conv2dPoolForward } from './conv2d_pool.js';

/** What becomes of a number that is no longer stored: of the convolution or relu, of the pooling's argmax, and of their gradients. */
const IN_A_WINDOW = 'Convolution, relu and pooling are one kernel here: of the four numbers of a window it stores the largest alone.';
const IN_A_CODE =
  'Convolution, relu and pooling are one kernel here: it stores the place of the largest in 4 bits, or 4 where relu let nothing through.';
const ON_THE_WAY =
  "The gradients of convolution, relu and pooling are one kernel here: it takes this number from the pooled output's gradient, and does not store it.";

/** The nodes that read a tensor. */
function readers(nodes: readonly Node[], tensor: Tensor | undefined): Node[] {
  return nodes.filter(node => Object.values(node.inputs).some(input => input.root === tensor));
}

const only = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);

/** The nodes of one convolution, relu and pooling, and of their backward passes where there are any. */
interface Chain {
  readonly conv: Node;
  readonly relu: Node;
  readonly pool: Node;
  readonly poolBackward: Node | undefined;
  readonly reluBackward: Node | undefined;
  readonly convBackward: readonly Node[];
}

/** The chain that begins at a convolution, if it ends in a 2x2 pooling and nothing else needs what lies between. */
function chainAt(conv: Node, nodes: readonly Node[], kept: (tensor: Tensor) => boolean): Chain | undefined {
  const { outputHeight, outputWidth, dilationHeight, dilationWidth } = conv.attrs as Conv2d;
  // The fused kernels take the places of a window for neighbours.
  if (dilationHeight > 1 || dilationWidth > 1) return undefined;
  const map = conv.outputs.output!;
  const relu = only(readers(nodes, map));
  if (relu?.op !== 'relu_forward') return undefined;
  const active = relu.outputs.output!;
  const users = readers(nodes, active);
  const pool = only(users.filter(node => node.op === 'max_pool2d_forward'));
  const reluBackward = only(users.filter(node => node.op === 'relu_backward'));
  if (!pool || users.length !== (reluBackward ? 2 : 1)) return undefined;
  // Under another shape, a window of the pooling is none of the convolution's map.
  if (!sameShape(relu.inputs.input!.shape, map.shape) || !sameShape(pool.inputs.input!.shape, active.shape)) return undefined;
  const window = pool.attrs;
  const isTwoByTwo = window.kernelHeight === 2 && window.kernelWidth === 2 && window.strideHeight === 2 && window.strideWidth === 2;
  const isValid = window.outputHeight === Math.floor(outputHeight / 2) && window.outputWidth === Math.floor(outputWidth / 2);
  const argmax = pool.outputs.argmax!;
  const poolBackward = only(readers(nodes, argmax));
  if (!isTwoByTwo || !isValid || readers(nodes, argmax).length > 1 || Boolean(poolBackward) !== Boolean(reluBackward)) return undefined;
  const between = [map, active, argmax];
  const convBackward: Node[] = [];
  if (poolBackward && reluBackward) {
    if (reluBackward.inputs.dOutput?.root !== poolBackward.outputs.dInput || readers(nodes, poolBackward.outputs.dInput).length > 1)
      return undefined;
    between.push(poolBackward.outputs.dInput!, reluBackward.outputs.dInput!);
    convBackward.push(...readers(nodes, reluBackward.outputs.dInput));
    if (!convBackward.every(({ op }) => ['conv2d_backward_input', 'conv2d_backward_kernel', 'bias_backward'].includes(op)))
      return undefined;
    // dKernel and dBias come from one kernel: where there is no bias, its gradient is left over.
    const wants = (op: string): boolean => convBackward.some(node => node.op === op);
    if (wants('bias_backward') && !wants('conv2d_backward_kernel')) return undefined;
  }
  return between.some(kept) ? undefined : { conv, relu, pool, poolBackward, reluBackward, convBackward };
}

/** The fused nodes of a chain, each with the node in whose place it stands. */
function fuse({ conv, relu, pool, poolBackward, reluBackward, convBackward }: Chain, graph: Graph): Map<Node, Node> {
  const { outputHeight: pooledHeight, outputWidth: pooledWidth } = pool.attrs as Conv2d;
  const a: Conv2dPool = { ...(conv.attrs as Conv2d), pooledHeight, pooledWidth };
  const { input, kernel, bias } = conv.inputs as Record<'input' | 'kernel' | 'bias', Tensor>;
  const forward = graph.make(conv2dPoolForward, { input, kernel, bias }, a, {}, { output: pool.outputs.output! }, conv.scope);
  const replaces = [
    ...[conv, relu].map(({ outputs }) => ({ tensor: outputs.output!, output: 'output', per: [1, 2, 2, 1], note: IN_A_WINDOW })),
    { tensor: pool.outputs.argmax!, output: 'codes', per: [1, 1, 1, CODES_PER_WORD], note: IN_A_CODE },
  ];
  const fused = new Map<Node, Node>([[pool, { ...forward, replaces }]]);
  const codes = forward.outputs.codes!;
  const dOutput = poolBackward?.inputs.dOutput;
  if (!dOutput) return fused;
  const onTheWay = [poolBackward, reluBackward!].map(({ outputs }) => ({ tensor: outputs.dInput!, note: ON_THE_WAY }));
  const find = (op: string): Node | undefined => convBackward.find(node => node.op === op);
  const [backwardInput, backwardKernel] = [find('conv2d_backward_input'), find('conv2d_backward_kernel')];
  if (backwardInput) {
    const existing = { dInput: backwardInput.outputs.dInput! };
    const node = graph.make(conv2dPoolBackwardInput, { dOutput, codes, kernel }, a, {}, existing, conv.scope);
    fused.set(backwardInput, { ...node, replaces: onTheWay });
  }
  if (backwardKernel) {
    const dBias = find('bias_backward')?.outputs.dBias;
    const existing = { dKernel: backwardKernel.outputs.dKernel!, ...(dBias && { dBias }) };
    const node = graph.make(conv2dPoolBackwardKernel, { input, dOutput, codes }, a, {}, existing, conv.scope);
    fused.set(backwardKernel, { ...node, replaces: onTheWay });
  }
  return fused;
}

/** Replaces convolution, relu and 2x2 max pooling in a row, and their backward passes, by the ops above. */
export const fuseConv2dPool: Fusion = (nodes, graph, kept) => {
  const replaced = new Map<Node, Node | undefined>();
  for (const conv of nodes.filter(({ op }) => op === 'conv2d_forward')) {
    const chain = chainAt(conv, nodes, kept);
    if (!chain) continue;
    for (const node of [chain.conv, chain.relu, chain.poolBackward, chain.reluBackward, ...chain.convBackward])
      if (node) replaced.set(node, undefined);
    for (const [node, fused] of fuse(chain, graph)) replaced.set(node, fused);
  }
  return nodes.flatMap(node => (replaced.has(node) ? (replaced.get(node) ?? []) : [node]));
};
