import type { Inspection } from '../../../inspect/types.js';
import type { ShaderInfo } from '../../protocol.js';
import { layerOf } from '../state/layout.js';

/** The node of the training plan that computes a number, and which number of its output that is. */
export interface Computed {
  readonly node: ShaderInfo;
  /** The op's name for the tensor. */
  readonly output: string;
  readonly element: number;
  /** Where the plan computes the number only on the way to another. */
  readonly note: string;
}

/** Ops that may compute a part of a layer, the likeliest first; of which layer. */
function candidates(
  inspection: Inspection,
  tensor: string,
): { readonly layer: number; readonly ops: readonly string[]; readonly output?: string } {
  const layer = layerOf(inspection, tensor);
  const part = tensor.replace(/^layer\d+\//, '');
  const { kind, activation, weights } = inspection.layers[Math.max(0, layer)]!;
  const [what] = part.split('/');
  const weight = layer >= 0 ? weights.find(({ name }) => name === what) : undefined;
  if (weight && part.endsWith('/gradient')) {
    if (what === 'bias') return { layer, ops: ['bias_backward', 'conv2d_pool_backward_kernel'], output: 'dBias' };
    return { layer, ops: ['conv2d_backward_kernel', 'conv2d_pool_backward_kernel', 'dense_backward_kernel'], output: 'dKernel' };
  }
  if (weight && !weight.trainable) return { layer, ops: ['assign'], output: 'variable' };
  if (weight) return { layer, ops: [inspection.optimizer.name], output: 'parameter' };
  if (part === 'output/gradient' || part === 'input/gradient') {
    const ops = ['dense_backward_input', 'dropout_apply', 'max_pool2d_backward', 'conv2d_backward_input', 'conv2d_pool_backward_input'];
    return { layer: layer + 1, ops };
  }
  if (part === 'pre_activation/gradient') return { layer, ops: [`${activation}_backward`] };
  if (part === 'mask') return { layer, ops: ['dropout_mask'] };
  if (part === 'pre_activation' || activation === 'linear') {
    const own = { conv2d: ['conv2d_forward', 'conv2d_pool_forward'], dense: ['dense_forward'] }[kind as 'conv2d' | 'dense'];
    return { layer, ops: own ?? ['max_pool2d_forward', 'conv2d_pool_forward', 'dropout_apply'] };
  }
  return { layer, ops: [`${activation}_forward`, 'conv2d_pool_forward', 'conv2d_forward', 'dense_forward'] };
}

/** Finds the node for a number of an inspection. The training plan is fused: a convolution and its pooling may be one node. */
export function computedBy(nodes: readonly ShaderInfo[], inspection: Inspection, tensor: string, index: number): Computed | undefined {
  const { layer, ops, output } = candidates(inspection, tensor);
  const { layers } = inspection;
  const scopes = [layer, layer - 1].filter(at => layers[at]).map(at => layers[at]!.name);
  const parameter = tensor.split('/')[1];
  for (const op of ops) {
    for (const scope of scopes) {
      const node = nodes.find(
        each => each.op === op && (each.scope === scope || (parameter !== undefined && each.scope === `${scope}.${parameter}`)),
      );
      if (!node) continue;
      const made = layers[layer];
      if (op === 'conv2d_pool_forward' && made?.kind === 'conv2d') return pooled(node, made.outputShape as Triple, index);
      return { node, output: output ?? Object.keys(node.outputs)[0]!, element: index, note: '' };
    }
  }
  return undefined;
}

type Triple = readonly [number, number, number];

/** A number of a convolution whose pooling is fused with it: it exists only while its window's largest is looked for. */
function pooled(node: ShaderInfo, [, width, filters]: Triple, index: number): Computed {
  const [y, x, f] = [Math.floor(index / (width * filters)), Math.floor(index / filters) % width, index % filters];
  const { pooledWidth = Math.floor(width / 2) } = node.attrs;
  const [row, column] = [Math.floor(y / 2), Math.floor(x / 2)];
  return {
    node,
    output: 'output',
    element: (row * pooledWidth + column) * filters + f,
    note: `Convolution and pooling are one kernel here: this number is one of the four of pooled row ${row}, column ${column}, and is never stored.`,
  };
}
