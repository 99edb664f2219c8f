import { defineOp, type Op, type Scalar } from '../engine/op.js';
import { checkRank, formatShape, sameShape, sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

type Rows = { readonly batch: number; readonly units: number; readonly firstRow: number; readonly rows: Scalar; readonly weighted: number };

/** What a loss is computed from: what the last activation is made of, or what it gives. */
export type LossFrom = 'logits' | 'probs' | 'output';

type Backward<I extends LossFrom> = `d${Capitalize<I>}`;

export interface LossOps<I extends LossFrom = LossFrom> {
  readonly forward: Op<I | 'labels' | 'weights', 'loss', never, Rows>;
  readonly backward: Op<I | 'labels' | 'weights', Backward<I>, never, Rows>;
  /** Records it: see LossRows. */
  readonly apply: (input: Tensor, labels: Tensor, rows?: LossRows) => Tensor;
}

/** Of which rows a loss is the mean, and how much each counts. */
export interface LossRows {
  /** The batch's row that the tensors begin at; of a part of a batch, the loss is that part's share of the mean: the shares add up to it. Default 0. */
  readonly firstRow?: number;
  /** [batch]: what each row's loss is multiplied with; the sum is divided by the number of rows all the same. Default 1 each. */
  readonly weights?: Tensor | undefined;
}

/** A loss: [batch, units] and labels [batch, units] -> loss [1], a mean over the run's valid `rows`; and its gradient by what it is computed from. */
export function lossOps<const I extends LossFrom>(name: string, from: I): LossOps<I> {
  const dFrom = `d${from[0]!.toUpperCase()}${from.slice(1)}` as Backward<I>;
  const inputs = [from, 'labels', 'weights'] as const;
  const backward = defineOp<Rows>()({
    name: `${name}_backward`,
    inputs,
    outputs: [dFrom],
    shapes: ({ batch, units }) => ({ [dFrom]: { shape: [batch, units] } }) as Readonly<Record<Backward<I>, { readonly shape: number[] }>>,
    cost: ({ batch, units }) => ({ flops: 8 * batch * units, bytes: 12 * batch * units }),
  });
  const forward = defineOp<Rows>()({
    name: `${name}_forward`,
    inputs,
    outputs: ['loss'],
    shapes: () => ({ loss: { shape: [1] } }),
    cost: ({ batch, units }) => ({ flops: 8 * batch * units, bytes: 8 * batch * units }),
    gradient: ({ inputs: given, dOutputs, attrs }) => {
      if (dOutputs.loss) throw new Error(`${name}: a loss must be what is differentiated, not an input of another op`);
      const gradient = given.labels.graph.add(backward, given, attrs)[dFrom];
      return { [from]: gradient } as Partial<Record<I | 'labels' | 'weights', Tensor>>;
    },
  });
  return {
    forward,
    backward,
    apply: (input, labels, { firstRow = 0, weights } = {}) => {
      checkRank(name, 'output', input.shape, 2);
      if (!sameShape(input.shape, labels.shape)) {
        throw new Error(`${name}: labels ${formatShape(labels.shape)} do not fit the model's output ${formatShape(input.shape)}`);
      }
      const [batch, units] = input.shape as [number, number];
      const attrs = { batch, units, firstRow, rows: { scalar: 'rows' }, weighted: Number(weights !== undefined) };
      // Kernels bind something there in any case, and read nothing of it where rows have no weights.
      const tensors = { [from]: input, labels, weights: weights ?? labels } as Readonly<Record<I | 'labels' | 'weights', Tensor>>;
      return labels.graph.add(forward, tensors, attrs).loss;
    },
  };
}

export const smoothLabelsOp = defineOp<{ readonly size: number; readonly keep: number; readonly share: number }>()({
  name: 'smooth_labels',
  inputs: ['labels'],
  outputs: ['smoothed'],
  shapes: (_, { labels }) => ({ smoothed: { shape: labels.shape } }),
  cost: ({ size }) => ({ flops: 2 * size, bytes: 8 * size }),
});

/** Labels made less sure: labels * (1 - smoothing) + smoothing / classes. */
export function smoothLabels(labels: Tensor, smoothing: number, classes: number): Tensor {
  const attrs = { size: sizeOf(labels.shape), keep: 1 - smoothing, share: smoothing / classes };
  return labels.graph.add(smoothLabelsOp, { labels }, attrs).smoothed;
}
