import type { Node } from '../engine/graph.js';
import { byteLength, type Tensor } from '../engine/tensor.js';
import { type AdapterTraits, type BoundVariant, type Dispatch, scratchFor } from '../kernels/variant.js';

/** Bytes that a dispatch of a node moves, where caches keep what it reads again: each tensor that it binds once, by however many names, and what it changes in place twice. */
export function bytesOf({ bindings }: Dispatch, { updates }: Node): number {
  const changed = new Set<Tensor>(Object.values(updates).map(({ root }) => root));
  const bound = new Set(Object.values(bindings).map(({ root }) => root));
  return [...bound].reduce((sum, root) => sum + byteLength(root) * (changed.has(root) ? 2 : 1), 0);
}

/** How many times the least that an op must move a variant's dispatches move together: what lies between them is written and read. */
export function movedTimes(node: Node, variant: BoundVariant, traits: AdapterTraits): number {
  const dispatches = variant.dispatches(scratchFor(node), traits);
  return dispatches.reduce((sum, dispatch) => sum + bytesOf(dispatch, node), 0) / node.cost.bytes;
}
