import { accuracy } from './accuracy.js';
import { activations } from './activations.js';
import { adam } from './adam.js';
import { add } from './add.js';
import { assign } from './assign.js';
import { augment } from './augment.js';
import { avgPool2d } from './avg_pool2d.js';
import { batchNorm } from './batch_norm.js';
import { bias } from './bias.js';
import { clip } from './clip.js';
import { color } from './color.js';
import { conv2d } from './conv2d/conv2d.js';
import { conv2dPool } from './conv2d/pool.js';
import { crossentropy } from './crossentropy.js';
import { dense } from './dense.js';
import { depthwiseConv2d } from './depthwise_conv2d.js';
import { dropout } from './dropout.js';
import { foldNorm } from './fold_norm.js';
import { globalMaxPool2d } from './global_max_pool2d.js';
import { loss } from './loss.js';
import { maxPool2d } from './max_pool2d.js';
import { metrics } from './metrics.js';
import { multiplyAdd } from './multiply_add.js';
import { penalty } from './penalty.js';
import { record } from './record.js';
import { rescaling } from './rescaling.js';
import { rmsprop } from './rmsprop.js';
import { sgd } from './sgd.js';
import { softmax } from './softmax.js';
import { standardize } from './standardize.js';
import { type OpKernels, registry } from './variant.js';
import { weightDecay } from './weight_decay.js';
import { zeroPad2d } from './zero_pad2d.js';
import { zeros } from './zeros.js';

/** How each op is computed. */
export const KERNELS: readonly OpKernels[] = [
  ...accuracy,
  ...activations,
  ...adam,
  ...add,
  ...assign,
  ...augment,
  ...avgPool2d,
  ...batchNorm,
  ...bias,
  ...clip,
  ...color,
  ...conv2d,
  ...conv2dPool,
  ...crossentropy,
  ...dense,
  ...depthwiseConv2d,
  ...dropout,
  ...foldNorm,
  ...globalMaxPool2d,
  ...loss,
  ...maxPool2d,
  ...metrics,
  ...multiplyAdd,
  ...penalty,
  ...record,
  ...rmsprop,
  ...rescaling,
  ...sgd,
  ...softmax,
  ...standardize,
  ...zeroPad2d,
  ...zeros,
  ...weightDecay,
];

/** The ways to compute a node, by the name of its op. */
export const kernelsOf = registry(KERNELS);

/** Names of all variants. */
export const variantNames: readonly string[] = [...new Set(KERNELS.flatMap(({ variants }) => variants.map(({ name }) => name)))].sort();
