import { sizeOf } from '../engine/shape.js';
import type { Sequential } from '../nn/model.js';

/** A network and how it is trained, as a run's history.json says it: for people who compare runs. */
export interface NetworkWords {
  /** One a layer: 'conv2d: 6 filters of 3×3, valid, relu'. */
  readonly layers: readonly string[];
  readonly weights: number;
  readonly inputShape: readonly number[];
  readonly optimizer: string;
  readonly learningRate: number;
  readonly loss: string;
}

export function networkWords({ layers, inputShape, compiled: { optimizer, loss } }: Sequential): NetworkWords {
  return {
    layers: layers.map(({ layer: { record, config } }) => {
      const about = record.describe(config);
      return about === '' ? record.kind : `${record.kind}: ${about}`;
    }),
    weights: layers.flatMap(({ parameters }) => parameters).reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    inputShape,
    optimizer: optimizer.name,
    learningRate: optimizer.learningRate,
    loss: loss.name,
  };
}
