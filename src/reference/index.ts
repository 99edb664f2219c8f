import { binaryAccuracy, categoricalAccuracy } from './accuracy.js';
import { activations } from './activations.js';
import { adam } from './adam.js';
import { add } from './add.js';
import { assign } from './assign.js';
import { augment } from './augment.js';
import { avgPool2dBackward, avgPool2dForward } from './avg_pool2d.js';
import * as batchNorm from './batch_norm.js';
import { biasBackward } from './bias.js';
import { clipNorm, clipValue, squaredNorm } from './clip.js';
import { brightness, channelShift, imageRange } from './color.js';
import { conv2dBackwardInput, conv2dBackwardKernel, conv2dForward } from './conv2d.js';
import { conv2dPoolBackwardInput, conv2dPoolBackwardKernel, conv2dPoolForward } from './conv2d_pool.js';
import * as crossentropy from './crossentropy.js';
import { denseBackwardInput, denseBackwardKernel, denseForward } from './dense.js';
import { depthwiseConv2dBackwardInput, depthwiseConv2dBackwardKernel, depthwiseConv2dForward } from './depthwise_conv2d.js';
import { dropoutBackward, dropoutForward } from './dropout.js';
import { foldNorm } from './fold_norm.js';
import { globalMaxPool2dBackward, globalMaxPool2dForward } from './global_max_pool2d.js';
import * as loss from './loss.js';
import { maxPool2dBackward, maxPool2dForward } from './max_pool2d.js';
import { confusion, note, scoreHistogram, topKAccuracy } from './metrics.js';
import { multiplyAdd } from './multiply_add.js';
import { penaltyBackward, penaltyForward } from './penalty.js';
import { record } from './record.js';
import { rescaling } from './rescaling.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';
import { softmaxBackward, softmaxForward } from './softmax.js';
import { featurewise, imageMoments, samplewise } from './standardize.js';
import type { Values } from './values.js';
import { weightDecay } from './weight_decay.js';
import { zeroPad2dBackward, zeroPad2dForward } from './zero_pad2d.js';
import { zeros } from './zeros.js';

/** The CPU twin of an op: fills its outputs (and changes its updates) from its inputs. Tensors and attrs come by the op's names for them. */
export interface Twin {
  // A method: each twin names just the tensors and attrs that it uses.
  run(tensors: Readonly<Record<string, Values>>, attrs: Readonly<Record<string, number>>): void;
}

/** The twins, by the names of their ops. */
export const twins: Readonly<Record<string, Twin>> = {
  ...activations,
  adam: { run: adam },
  add: { run: add },
  assign: { run: assign },
  augment: { run: augment },
  avg_pool2d_backward: { run: avgPool2dBackward },
  avg_pool2d_forward: { run: avgPool2dForward },
  batch_moments: { run: batchNorm.batchMoments },
  batch_norm_backward_input: { run: batchNorm.batchNormBackwardInput },
  batch_norm_backward_sums: { run: batchNorm.batchNormBackwardSums },
  batch_norm_forward: { run: batchNorm.normalize },
  bias_backward: { run: biasBackward },
  binary_accuracy: { run: binaryAccuracy },
  binary_crossentropy_logits_backward: { run: crossentropy.binaryCrossentropyLogitsBackward },
  binary_crossentropy_logits_forward: { run: crossentropy.binaryCrossentropyLogitsForward },
  binary_crossentropy_probs_backward: { run: crossentropy.binaryCrossentropyProbsBackward },
  binary_crossentropy_probs_forward: { run: crossentropy.binaryCrossentropyProbsForward },
  brightness: { run: brightness },
  categorical_accuracy: { run: categoricalAccuracy },
  categorical_crossentropy_logits_backward: { run: crossentropy.categoricalCrossentropyLogitsBackward },
  categorical_crossentropy_logits_forward: { run: crossentropy.categoricalCrossentropyLogitsForward },
  categorical_crossentropy_probs_backward: { run: crossentropy.categoricalCrossentropyProbsBackward },
  categorical_crossentropy_probs_forward: { run: crossentropy.categoricalCrossentropyProbsForward },
  channel_shift: { run: channelShift },
  clip_norm: { run: clipNorm },
  clip_value: { run: clipValue },
  confusion: { run: confusion },
  conv2d_backward_input: { run: conv2dBackwardInput },
  conv2d_backward_kernel: { run: conv2dBackwardKernel },
  conv2d_forward: { run: conv2dForward },
  conv2d_pool_backward_input: { run: conv2dPoolBackwardInput },
  conv2d_pool_backward_kernel: { run: conv2dPoolBackwardKernel },
  conv2d_pool_forward: { run: conv2dPoolForward },
  dense_backward_input: { run: denseBackwardInput },
  dense_backward_kernel: { run: denseBackwardKernel },
  dense_forward: { run: denseForward },
  depthwise_conv2d_backward_input: { run: depthwiseConv2dBackwardInput },
  depthwise_conv2d_backward_kernel: { run: depthwiseConv2dBackwardKernel },
  depthwise_conv2d_forward: { run: depthwiseConv2dForward },
  dropout_backward: { run: dropoutBackward },
  dropout_forward: { run: dropoutForward },
  featurewise: { run: featurewise },
  fold_norm: { run: foldNorm },
  global_max_pool2d_backward: { run: globalMaxPool2dBackward },
  global_max_pool2d_forward: { run: globalMaxPool2dForward },
  image_moments: { run: imageMoments },
  image_range: { run: imageRange },
  max_pool2d_backward: { run: maxPool2dBackward },
  max_pool2d_forward: { run: maxPool2dForward },
  moving_average: { run: batchNorm.movingAverage },
  mean_absolute_error_backward: { run: loss.absoluteErrorBackward },
  mean_absolute_error_forward: { run: loss.absoluteErrorForward },
  mean_squared_error_backward: { run: loss.squaredErrorBackward },
  mean_squared_error_forward: { run: loss.squaredErrorForward },
  multiply_add: { run: multiplyAdd },
  penalty_backward: { run: penaltyBackward },
  penalty_forward: { run: penaltyForward },
  note: { run: note },
  record: { run: record },
  rmsprop: { run: rmsprop },
  rescaling: { run: rescaling },
  running_norm_backward_input: { run: batchNorm.runningNormBackwardInput },
  running_norm_forward: { run: batchNorm.normalize },
  samplewise: { run: samplewise },
  sgd: { run: sgd },
  score_histogram: { run: scoreHistogram },
  smooth_labels: { run: loss.smoothLabels },
  softmax_backward: { run: softmaxBackward },
  softmax_forward: { run: softmaxForward },
  zero_pad2d_backward: { run: zeroPad2dBackward },
  zero_pad2d_forward: { run: zeroPad2dForward },
  zeros: { run: zeros },
  sparse_categorical_crossentropy_probs_backward: { run: crossentropy.sparseCategoricalCrossentropyProbsBackward },
  sparse_categorical_crossentropy_probs_forward: { run: crossentropy.sparseCategoricalCrossentropyProbsForward },
  squared_norm: { run: squaredNorm },
  weight_decay: { run: weightDecay },
  top_k_accuracy: { run: topKAccuracy },
};
