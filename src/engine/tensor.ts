import type { Graph, Node } from './graph.js';
import { type Shape, sizeOf } from './shape.js';

/** Element types. uint8 tensors lie packed, four to a 32-bit word, lowest byte first. */
export type DType = 'float32' | 'uint32' | 'uint8';

/** What the host reads and writes. The CPU reference may also compute in Float64Array. */
export type NumberArray = Float32Array | Float64Array | Uint32Array | Uint8Array;

/** A named place for numbers that outlives a plan: weights, moments, recorded losses. Executors keep the numbers. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A value in a graph: what it is called and how it is shaped, not the numbers themselves. */
export class Tensor {
  readonly graph: Graph;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The node that computes it; none for inputs and variables. */
  producer: Node | undefined;
  /** The variable it stands for, where it does. */
  readonly variable: Variable | undefined;
  /** The tensor whose numbers these are under another shape (reshape copies nothing). */
  readonly base: Tensor | undefined;
  /** Whether it is an input that is written once for all runs of a plan. */
  readonly isKept: boolean;

  constructor(
    graph: Graph,
    name: string,
    shape: Shape,
    dtype: DType,
    of: { readonly variable?: Variable; readonly base?: Tensor; readonly isKept?: boolean } = {},
  ) {
    this.graph = graph;
    this.name = name;
    this.shape = shape;
    this.dtype = dtype;
    this.variable = of.variable;
    this.base = of.base;
    this.isKept = of.isKept ?? false;
  }

  /** The tensor that owns the numbers: itself, or what it is a reshape of. */
  get root(): Tensor {
    return this.base?.root ?? this;
  }
}

/** Bytes that a tensor takes in a buffer: whole 32-bit words. */
export function byteLength(tensor: { readonly shape: Shape; readonly dtype: DType }): number {
  const size = sizeOf(tensor.shape);
  return tensor.dtype === 'uint8' ? Math.ceil(size / 4) * 4 : size * 4;
}

export function emptyArray(dtype: DType, size: number): Float32Array | Uint32Array | Uint8Array {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'uint32' ? new Uint32Array(size) : new Uint8Array(size);
}
