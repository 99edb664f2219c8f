import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { eachElement } from './launch.js';
import type { Dispatch } from './variant.js';

/** Workgroups that keep a large GPU busy, and the shortest part of a sum that is worth its share of the final addition. */
const ENOUGH_WORKGROUPS = 256;
const SHORTEST_PART = 512;

/** Cuts a sum of `length` terms into parts, where the outputs alone make too few workgroups (`groups`) to fill a device. */
export function cut(length: number, groups: number): { readonly count: number; readonly length: number } {
  const wanted = Math.min(Math.ceil(ENOUGH_WORKGROUPS / groups), Math.ceil(length / SHORTEST_PART));
  const partLength = Math.ceil(length / wanted);
  return { count: Math.ceil(length / partLength), length: partLength };
}

/** Adds up parts [count, …] to output […], in their order. */
export function sumParts(parts: Tensor, output: Tensor): Dispatch {
  const size = sizeOf(output.shape);
  return {
    shader: 'sum_parts',
    bindings: { parts, output },
    params: { count: parts.shape[0]!, size },
    addsUp: 'parts',
    ...eachElement(size, 'output'),
  };
}

/** What to tell of an invocation that computes `what` of a part. */
export const partOf = (what: string): string =>
  `It computes one part of the sum for ${what}, as the same invocation of other workgroups along z does; sum_parts adds them up.`;
