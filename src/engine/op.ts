import type { Shape } from './shape.js';
import { byteLength, type DType, type Tensor } from './tensor.js';

/** A number that the host sets before each run: the valid rows of a batch, the step, the learning rate. */
export interface Scalar {
  readonly scalar: string;
}

/** What an op is told besides its tensors, by the names that its shaders' Params and its CPU twin use. */
export type Attrs = { readonly [name: string]: number | Scalar };

/** Attrs at run time, scalars replaced by their numbers: what a CPU twin receives. */
export type Numbers<A extends Attrs = Attrs> = { readonly [K in keyof A]: number };

/** Work of one run by the op's definition (a multiply-add is 2), whatever the algorithm, and the least bytes it can move. */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype?: DType;
}

/** What an adapter offers that a kernel may ask for. */
export interface AdapterTraits {
  /** Names of WebGPU features. */
  readonly features: ReadonlySet<string>;
  /** Invocations in a subgroup, where the adapter's smallest and largest are the same; otherwise 0. */
  readonly subgroupSize: number;
  readonly maxInvocations: number;
  readonly maxWorkgroupBytes: number;
  readonly maxBindingBytes: number;
  /** Whether its driver keeps in registers what has a name and nothing that has an index, as SwiftShader does. */
  readonly keepsArraysInMemory: boolean;
}

/** One shader run: the file shaders/<shader>.wgsl with its bindings, Params and constants set by name. */
export interface Dispatch {
  readonly shader: string;
  /** By the variable names in the shader. */
  readonly bindings: Readonly<Record<string, Tensor>>;
  /** Fields of the shader's Params: exactly those. */
  readonly params?: Attrs;
  /** Values for `const NAME = …;` lines of the shader. */
  readonly constants?: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
  /** Whether it does no more than make scratch tensors, which nothing changes afterwards, of the node's inputs: nodes that prepare the same share them. */
  readonly prepares?: true;
}

/** Makes a tensor that lives only between the dispatches of one node. */
export type Scratch = (name: string, spec: TensorSpec) => Tensor;

/** One way to compute an op on a GPU. The first of an op is the naive one: it supports everything and judges the others. */
export interface Variant<T extends string = string, A extends Attrs = Attrs> {
  readonly name: string;
  /** Whether it is there for drivers that keep arrays in memory (see AdapterTraits): others need not divide a batch for it. */
  readonly isFallback?: boolean;
  /** How far its results may lie from the reference, relative to the largest, where that is more than a direct sum needs. */
  readonly tolerance?: number;
  supports?(attrs: A, adapter: AdapterTraits): boolean;
  dispatches(attrs: A, tensors: Readonly<Record<T, Tensor>>, scratch: Scratch, adapter: AdapterTraits): readonly Dispatch[];
}

export interface GradientContext<I extends string, O extends string, A extends Attrs> {
  readonly inputs: Readonly<Record<I, Tensor>>;
  readonly outputs: Readonly<Record<O, Tensor>>;
  /** Gradients of the outputs; an output that nothing differentiable uses has none. */
  readonly dOutputs: Readonly<Partial<Record<O, Tensor>>>;
  readonly attrs: A;
  /** Whether the gradient of this input is wanted. */
  needs(input: I): boolean;
}

/** An op: what it is called, what it makes of its inputs, what it costs, how to run it and how to differentiate it. */
export interface Op<I extends string, O extends string, U extends string, A extends Attrs> {
  /** Also the start of its shaders' file names and the key of its CPU twin: 'conv2d_forward'. */
  readonly name: string;
  readonly inputs: readonly I[];
  readonly outputs: readonly O[];
  /** Variables that it changes in place. */
  readonly updates?: readonly U[];
  shapes(attrs: A, inputs: Readonly<Record<I, Tensor>>): Readonly<Record<O, TensorSpec>>;
  /** What the inputs look like for given attrs: for ops with several variants, which are tried out on a batch of another size. */
  inputShapes?(attrs: A): Readonly<Record<I, TensorSpec>>;
  cost(attrs: A): Cost;
  readonly variants: readonly [Variant<NoInfer<I | O | U>, A>, ...Variant<NoInfer<I | O | U>, A>[]];
  gradient?(context: GradientContext<I, O, A>): Partial<Record<I, Tensor>>;
}

/** Declares an op with attrs A; infers the names of its tensors: `defineOp<A>()({ name: …, inputs: […], outputs: […], … })`. */
export const defineOp =
  <A extends Attrs>() =>
  <const I extends string, const O extends string, const U extends string = never>(op: Op<I, O, U, A>): Op<I, O, U, A> =>
    op;

/** WebGPU's limit for a dimension of a dispatch. */
export const MAX_WORKGROUPS = 65535;

/** Whether an adapter can bind all that dispatches bind and start as many workgroups. */
export function withinLimits(dispatches: readonly Dispatch[], { maxBindingBytes }: AdapterTraits): boolean {
  return dispatches.every(
    ({ bindings, workgroups }) =>
      Object.values(bindings).every(tensor => byteLength(tensor) <= maxBindingBytes) && workgroups.every(count => count <= MAX_WORKGROUPS),
  );
}

/**
 * Workgroups for `invocations` in a row, spread over x and y where they exceed WebGPU's 65,535 a dimension.
 * The shader counts with `id.y * groups.x * WORKGROUP_SIZE + id.x` and must guard the end.
 */
export function spread(invocations: number, workgroupSize = 64): readonly [number, number, number] {
  const groups = Math.ceil(invocations / workgroupSize);
  const rows = Math.ceil(groups / MAX_WORKGROUPS);
  return [Math.ceil(groups / rows), rows, 1];
}

/** A variant of one dispatch that binds all the op's tensors by name and passes all attrs as Params: what naive kernels are. */
export function kernel<T extends string, A extends Attrs>(
  shader: string,
  workgroups: (attrs: A, tensors: Readonly<Record<T, Tensor>>) => readonly [number, number, number],
  supports?: (attrs: A, adapter: AdapterTraits) => boolean,
): Variant<T, A> {
  return {
    name: shader.split('.')[1] ?? 'naive',
    ...(supports && { supports }),
    dispatches: (attrs, tensors) => [{ shader, bindings: tensors, params: attrs, workgroups: workgroups(attrs, tensors) }],
  };
}
