import type { Shape } from './shape.js';
import type { DType, Tensor } from './tensor.js';

/** A number that the host sets before each run: the valid rows of a batch, the step, the learning rate. */
export interface Scalar {
  readonly scalar: string;
}

/** What an op is told besides its tensors, by the names that those who compute it use. */
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

export interface GradientContext<I extends string, O extends string, A extends Attrs> {
  readonly inputs: Readonly<Record<I, Tensor>>;
  readonly outputs: Readonly<Record<O, Tensor>>;
  /** Gradients of the outputs; an output that nothing differentiable uses has none. */
  readonly dOutputs: Readonly<Partial<Record<O, Tensor>>>;
  readonly attrs: A;
  /** Whether the gradient of this input is wanted. */
  needs(input: I): boolean;
}

/** An op: what it is called, what it makes of its inputs, what it costs and how to differentiate it. */
export interface Op<I extends string, O extends string, U extends string, A extends Attrs> {
  /** Also the key by which executors find how they compute it: 'conv2d_forward'. */
  readonly name: string;
  readonly inputs: readonly I[];
  readonly outputs: readonly O[];
  /** Variables that it changes in place. */
  readonly updates?: readonly U[];
  shapes(attrs: A, inputs: Readonly<Record<I, Tensor>>): Readonly<Record<O, TensorSpec>>;
  /** What the inputs look like for given attrs: for ops that are tried out, on a batch of another size where the attrs have a `batch`. */
  inputShapes?(attrs: A): Readonly<Record<I, TensorSpec>>;
  /** Inputs that are never negative, as variances are: nor are the numbers that the op is tried on. */
  readonly positive?: readonly I[];
  /** Outputs that are means over the batch. The others have a row for each image, or are sums over them. */
  readonly means?: readonly O[];
  cost(attrs: A): Cost;
  gradient?(context: GradientContext<I, O, A>): Partial<Record<I, Tensor>>;
}

/** Declares an op with attrs A; infers the names of its tensors: `defineOp<A>()({ name: …, inputs: […], outputs: […], … })`. */
export const defineOp =
  <A extends Attrs>() =>
  <const I extends string, const O extends string, const U extends string = never>(op: Op<I, O, U, A>): Op<I, O, U, A> =>
    op;
