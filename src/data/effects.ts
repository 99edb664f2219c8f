import type { Tensor } from '../engine/tensor.js';
import { augment, type FillMode } from '../ops/augment.js';
import { brightness, channelShift } from '../ops/color.js';
import { featurewise, samplewise } from '../ops/standardize.js';

/** What is done to images on the device, in this order, as Keras' apply_transform and standardize do it. */
export interface ImageEffects {
  readonly fillMode: FillMode;
  readonly cval: number;
  /** Applied after the effects on bytes and before the normalizations. */
  readonly rescale: number;
  readonly channelShift: boolean;
  /** 'stretched' as releases up to keras-preprocessing 1.1.2: from the image's range to 0 … 255 first. */
  readonly brightness: 'plain' | 'stretched' | undefined;
  readonly samplewise: 'center' | 'normalize' | undefined;
  readonly featurewise: 'center' | 'normalize' | undefined;
  /** Means and deviations of the channels, [2, channels], for featurewise. */
  readonly statistics: Float32Array | undefined;
}

/** Records the effects on pictures [pictures, height, width, channels], bytes or float32, with `transforms` [batch, 11]; `statistics` [2, channels] where there are any. */
export function traceEffects(pictures: Tensor, transforms: Tensor, statistics: Tensor | undefined, effects: ImageEffects): Tensor {
  const { rescale } = effects;
  const last = effects.brightness ? 'brightness' : effects.channelShift ? 'channelShift' : 'augment';
  let x = augment(pictures, transforms, { ...effects, rescale: last === 'augment' ? rescale : 1 });
  if (effects.channelShift) x = channelShift(x, transforms, last === 'channelShift' ? rescale : 1);
  if (effects.brightness) x = brightness(x, transforms, { stretch: effects.brightness === 'stretched', rescale });
  if (effects.samplewise) x = samplewise(x, effects.samplewise === 'normalize');
  if (effects.featurewise) x = featurewise(x, statistics!, effects.featurewise === 'normalize');
  return x;
}
