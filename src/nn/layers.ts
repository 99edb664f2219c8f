import { activationRecord } from './layers/activation.js';
import { averagePooling2dRecord } from './layers/average_pooling2d.js';
import { batchNormalizationRecord } from './layers/batch_normalization.js';
import { conv2dRecord } from './layers/conv2d.js';
import { denseRecord } from './layers/dense.js';
import { depthwiseConv2dRecord } from './layers/depthwise_conv2d.js';
import { dropoutRecord } from './layers/dropout.js';
import { eluRecord } from './layers/elu.js';
import { flattenRecord } from './layers/flatten.js';
import { globalAveragePooling2dRecord } from './layers/global_average_pooling2d.js';
import { globalMaxPooling2dRecord } from './layers/global_max_pooling2d.js';
import type { LayerRecord } from './layers/layer.js';
import { leakyReLuRecord } from './layers/leaky_re_lu.js';
import { maxPooling2dRecord } from './layers/max_pooling2d.js';
import { reLuRecord } from './layers/re_lu.js';
import { rescalingRecord } from './layers/rescaling.js';
import { reshapeRecord } from './layers/reshape.js';
import { separableConv2dRecord } from './layers/separable_conv2d.js';
import { softmaxRecord } from './layers/softmax.js';
import { spatialDropout2dRecord } from './layers/spatial_dropout2d.js';
import { zeroPadding2dRecord } from './layers/zero_padding2d.js';

export type { Activation } from './activations.js';
export { activation } from './layers/activation.js';
export { averagePooling2d } from './layers/average_pooling2d.js';
export { batchNormalization } from './layers/batch_normalization.js';
export { conv2d } from './layers/conv2d.js';
export { dense } from './layers/dense.js';
export { depthwiseConv2d } from './layers/depthwise_conv2d.js';
export { dropout } from './layers/dropout.js';
export { elu } from './layers/elu.js';
export { flatten } from './layers/flatten.js';
export { globalAveragePooling2d } from './layers/global_average_pooling2d.js';
export { globalMaxPooling2d } from './layers/global_max_pooling2d.js';
export { inputLayer } from './layers/input_layer.js';
export type { Layer } from './layers/layer.js';
export { leakyReLu } from './layers/leaky_re_lu.js';
export { maxPooling2d } from './layers/max_pooling2d.js';
export { reLu } from './layers/re_lu.js';
export { rescaling } from './layers/rescaling.js';
export { reshape } from './layers/reshape.js';
export { separableConv2d } from './layers/separable_conv2d.js';
export { softmax } from './layers/softmax.js';
export { spatialDropout2d } from './layers/spatial_dropout2d.js';
export { zeroPadding2d } from './layers/zero_padding2d.js';

const OWN = [
  conv2dRecord,
  depthwiseConv2dRecord,
  separableConv2dRecord,
  maxPooling2dRecord,
  averagePooling2dRecord,
  globalAveragePooling2dRecord,
  globalMaxPooling2dRecord,
  zeroPadding2dRecord,
  batchNormalizationRecord,
  flattenRecord,
  reshapeRecord,
  dropoutRecord,
  spatialDropout2dRecord,
  denseRecord,
  activationRecord,
  reLuRecord,
  leakyReLuRecord,
  eluRecord,
  softmaxRecord,
  rescalingRecord,
] as readonly LayerRecord[];

const records = new Map(OWN.map(record => [record.kind, record]));

/** Makes a kind of layer known to what reads models and inspections. Names must be new. */
export function registerLayer(record: LayerRecord): void {
  if (records.has(record.kind)) throw new Error(`layers: there is a kind '${record.kind}' already`);
  records.set(record.kind, record);
}

/** The record of a kind of layer. */
export function layerRecord(kind: string): LayerRecord {
  const found = records.get(kind);
  if (!found) throw new Error(`layers: there is no kind '${kind}'; there are ${[...records.keys()].join(', ')}`);
  return found;
}

/** All kinds, by Keras' names of their classes. */
export const layerClasses = (): ReadonlyMap<string, LayerRecord> => new Map([...records.values()].map(each => [each.className, each]));
