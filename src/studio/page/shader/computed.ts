import { elementIn } from '../../../engine/plan.js';
import { NOT_NEEDED, type Uncomputed } from '../../../nn/computed.js';
import type { ShaderInfo, ShadersInfo } from '../../protocol.js';

/** The node of the plan that computes a number. */
export interface ComputedNumber {
  readonly node: ShaderInfo;
  /** The op's name for the tensor, and which number of it that is; absent where the node only meets the number on the way. */
  readonly at?: { readonly output: string; readonly element: number };
  /** What is remarkable; may be empty. */
  readonly note: string;
}

/** What computes number `index` of a tensor of an inspection, or why nothing does. */
export function computedBy({ shaders, tensors }: ShadersInfo, tensor: string, index: number): ComputedNumber | Uncomputed {
  const found = tensors[tensor] ?? NOT_NEEDED;
  if ('why' in found) return found;
  const { output, first = 0, per, shape, note = '' } = found;
  const node = shaders[found.node]!;
  if (output === undefined) return { node, note };
  if (!per) return { node, at: { output, element: first + index }, note };
  const element = elementIn(shape, node.outputs[output]!.shape, per, index);
  if (element === undefined) return { why: `No kernel computes it here: it has no part in the ${output} of ${node.op}.` };
  return { node, at: { output, element }, note: `${note} It is met for number ${element} of ${output}.` };
}
