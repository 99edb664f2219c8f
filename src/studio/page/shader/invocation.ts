import { Graph } from '../../../engine/graph.js';
import type { TensorSpec } from '../../../engine/op.js';
import type { Tensor } from '../../../engine/tensor.js';
import { kernelsOf } from '../../../kernels/index.js';
import type { Place } from '../../../kernels/launch.js';
import { type AdapterTraits, type Dispatch, scratchFor, sumsOf } from '../../../kernels/variant.js';
import type { ShaderInfo } from '../../protocol.js';

/** The dispatches of a node by one of its variants, as they run on an adapter, and the tensors that they compute it from and to. */
export interface Launched {
  readonly dispatches: readonly Dispatch[];
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** A node of the Node process's plan and its dispatches, made again here. */
export function launch({ op, scope, attrs, inputs, outputs, updates }: ShaderInfo, variant: string, adapter: AdapterTraits): Launched {
  const graph = new Graph();
  const make = (specs: Readonly<Record<string, TensorSpec>>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries(specs).map(([name, { shape, dtype }]) => [name, graph.input(name, shape, dtype)]));
  const node = { op, scope, attrs, inputs: make(inputs), outputs: make(outputs), updates: make(updates) };
  const bound = kernelsOf(node).find(({ name }) => name === variant);
  if (!bound) throw new Error(`${op} has no variant '${variant}' here: the page and the process that serves it are of different versions`);
  return { dispatches: bound.dispatches(scratchFor(node), adapter), tensors: { ...node.inputs, ...node.outputs, ...node.updates } };
}

const writerOf = ({ bindings, writers }: Dispatch, tensor: Tensor | undefined) =>
  Object.entries(writers).find(([name]) => bindings[name] === tensor)?.[1];

/** The parts of a tensor that a dispatch only adds up. */
const partsOf = (dispatch: Dispatch | undefined, tensor: Tensor | undefined): Tensor | undefined =>
  dispatch && sumsOf(dispatch).find(({ sum }) => sum === tensor)?.parts;

/**
 * Which dispatch computes a tensor, by its number: the one that writes it, or where that only adds up parts, the one that they come from. -1 where the
 * variant doesn't compute it.
 */
export function computes({ dispatches, tensors }: Launched, output: string): number {
  const last = dispatches.findLastIndex(dispatch => writerOf(dispatch, tensors[output]));
  const parts = partsOf(dispatches[last], tensors[output]);
  return parts ? dispatches.findLastIndex(dispatch => writerOf(dispatch, parts)) : last;
}

/** Which invocation of a dispatch computes a number of a tensor, or its part of it; undefined where it computes something on the way. */
export function placeOf({ dispatches, tensors }: Launched, at: number, output: string, element: number): Place | undefined {
  const dispatch = dispatches[at]!;
  const tensor = tensors[output];
  const parts = dispatches.map(each => partsOf(each, tensor)).find(found => found);
  const writer = writerOf(dispatch, tensor) ?? (parts && writerOf(dispatch, parts));
  return writer?.(element);
}
