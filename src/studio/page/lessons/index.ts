import type { Lesson } from '../lesson.js';
import { adam } from './adam.js';
import { augmentation } from './augmentation.js';
import { backprop } from './backprop.js';
import { convolution } from './convolution.js';
import { dropout } from './dropout.js';
import { gpu } from './gpu.js';
import { lastLayer } from './last_layer.js';
import { loss } from './loss.js';
import { pooling } from './pooling.js';
import { relu } from './relu.js';
import { winograd } from './winograd.js';

/** All lessons, in the order to read them. */
export const lessons: readonly Lesson[] = [
  convolution,
  relu,
  pooling,
  dropout,
  loss,
  lastLayer,
  backprop,
  adam,
  augmentation,
  gpu,
  winograd,
];
