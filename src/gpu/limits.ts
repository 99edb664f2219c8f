import type { Node } from '../engine/graph.js';
import type { AdapterTraits, KernelsOf } from '../kernels/variant.js';

/** Of a data set that a device keeps: what every adapter of WebGPU binds, and little beside the memory of a GPU. */
const MOST_KEPT_BYTES = 128 * 2 ** 20;

/**
 * What one op may compute, as it is defined: systems give up a GPU that answers nothing for about two seconds. A slow one, of 1 TFLOP/s at its best, computes
 * as much in half a second by kernels that reach a quarter of that; a larger batch is divided.
 */
export const MOST_FLOPS = 0.5 * 1e12 * 0.25;

/** Bytes of a data set that may lie on the device. A software adapter's memory is the host's: there a second copy would gain nothing. */
export const keptBytes = ({ kind, maxBindingBytes }: AdapterTraits): number =>
  kind === 'GPUs' ? Math.min(MOST_KEPT_BYTES, maxBindingBytes) : 0;

/** Whether the adapter has a kernel for a node. */
export const computes = (node: Node, kernelsOf: KernelsOf, traits: AdapterTraits): boolean =>
  kernelsOf(node).some(variant => variant.supports(traits));

/** Whether every kernel that suits a node could bind its tensors, and a GPU's watchdog would wait for it. */
export function fits(node: Node, kernelsOf: KernelsOf, traits: AdapterTraits): boolean {
  if (traits.kind === 'GPUs' && node.cost.flops > MOST_FLOPS) return false;
  const unlimited = { ...traits, maxBindingBytes: Infinity };
  const [naive, ...others] = kernelsOf(node);
  const suiting = others.filter(variant => variant.madeFor !== 'drivers that keep arrays in memory' && variant.supports(unlimited));
  return (suiting.length > 0 ? suiting : [naive!]).every(variant => variant.supports(traits));
}
