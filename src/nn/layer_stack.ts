import type { Executor } from '../engine/executor.js';
import type { Shape } from '../engine/shape.js';
import type { Variable } from '../engine/tensor.js';
import type { Layer } from './layers/layer.js';
import type { ResolvedLoss } from './losses.js';
import type { Metric } from './metrics.js';
import type { Optimizer } from './optimizers.js';
import type { Regularizer } from './regularizers.js';

/** A weight of a model, by the name that checkpoints use: 'conv2d_1.kernel'. */
export interface Weight extends Variable {
  /** Its name in its layer: 'kernel'. */
  readonly part: string;
  /** Whether gradients change it: not where its layer is not trained. */
  readonly trainable: boolean;
  /** What it adds to the loss, if anything. */
  readonly regularizer?: Regularizer | undefined;
}

/** A weight, and what an optimizer keeps for it. */
export interface Parameter {
  readonly variable: Weight;
  /** The optimizer's variables for it, by slot; none for a weight that is not trained. */
  readonly slots: Readonly<Record<string, Variable>>;
}

/** A layer in its place: with its final name and shapes (without the batch axis). */
export interface PlacedLayer {
  readonly name: string;
  readonly layer: Layer;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameters: readonly Weight[];
  /** How many layers before it draw dropout masks. */
  readonly stream: number;
}

/** Layers one after another: what a model is before anything computes it. */
export interface LayerStack {
  readonly name: string;
  readonly seed: number;
  readonly layers: readonly PlacedLayer[];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** All weights, in the order of the layers, kernel before bias. */
  readonly weightSpecs: readonly Weight[];
}

/** What computes a model, and how it is trained. */
export interface Setup {
  readonly executor: Executor;
  readonly optimizer: Optimizer;
  readonly loss: ResolvedLoss;
  readonly metrics: readonly Metric[];
  readonly parameters: readonly Parameter[];
  /** Lists of variables that lie together on the executor: see Executor.allocate(). */
  readonly together: readonly (readonly Variable[])[];
}

/** What to allocate together: the weights that are trained, each slot of them, so that one dispatch is the optimizer's step for all; and each other weight. */
export function allocations(parameters: readonly Parameter[]): Variable[][] {
  const trained = parameters.filter(({ variable }) => variable.trainable);
  const others = parameters.filter(({ variable }) => !variable.trainable).map(({ variable }) => [variable]);
  if (trained.length === 0) return others;
  const slots = Object.keys(trained[0]!.slots).map(slot => trained.map(({ slots }) => slots[slot]!));
  return [trained.map(({ variable }) => variable), ...slots, ...others];
}
