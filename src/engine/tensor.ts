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
  /** The tensors that lie in it, where it is a pack: see Graph.pack(). */
  readonly parts: readonly Tensor[] | undefined;
  /** Whether it is an input that is written once for all runs of a plan. */
  readonly isKept: boolean;

  constructor(
    graph: Graph,
    name: string,
    shape: Shape,
    dtype: DType,
    of: { readonly variable?: Variable; readonly base?: Tensor; readonly parts?: readonly Tensor[]; readonly isKept?: boolean } = {},
  ) {
    this.graph = graph;
    this.name = name;
    this.shape = shape;
    this.dtype = dtype;
    this.variable = of.variable;
    this.base = of.base;
    this.parts = of.parts;
    this.isKept = of.isKept ?? false;
  }

  /** The tensor that owns the numbers: itself, or what it is a reshape of. */
  get root(): Tensor {
    return this.base?.root ?? this;
  }

  /** The tensors that own its numbers: the parts of a pack, or its root alone. */
  get owners(): readonly Tensor[] {
    return this.root.parts ?? [this.root];
  }
}

/** Numbers after which a part of a pack may begin: 256 bytes, after which a binding may begin on every adapter of WebGPU. */
const PART_ALIGNMENT = 64;

/** Where tensors of 32-bit numbers begin that lie one after another, and how many numbers they take in all. What lies between two of them stays 0. */
export function inARow(of: readonly { readonly shape: Shape }[]): { readonly offsets: readonly number[]; readonly size: number } {
  let size = 0;
  const offsets = of.map(({ shape }) => {
    const offset = Math.ceil(size / PART_ALIGNMENT) * PART_ALIGNMENT;
    size = offset + sizeOf(shape);
    return offset;
  });
  return { offsets, size };
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
