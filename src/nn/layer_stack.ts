import type { Executor } from '../engine/executor.js';
import type { Shape } from '../engine/shape.js';
import type { Variable } from '../engine/tensor.js';
import type { Layer } from './layers.js';
import type { Metric, ResolvedLoss } from './losses.js';
import type { Optimizer } from './optimizers.js';

/** A weight of a model, by the name that checkpoints use: 'conv2d_1.kernel'. */
export interface Parameter {
  readonly variable: Variable;
  /** The optimizer's variables for it, by slot. */
  readonly slots: Readonly<Record<string, Variable>>;
}

/** A layer in its place: with its final name and shapes (without the batch axis). */
export interface PlacedLayer {
  readonly name: string;
  readonly layer: Layer;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameters: readonly Variable[];
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
  /** All weights' names and shapes, in the order of the layers, kernel before bias. */
  readonly weightSpecs: readonly Variable[];
}

/** What computes a model, and how it is trained. */
export interface Setup {
  readonly executor: Executor;
  readonly optimizer: Optimizer;
  readonly loss: ResolvedLoss;
  readonly metrics: readonly Metric[];
  readonly parameters: readonly Parameter[];
}
