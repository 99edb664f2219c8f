import { conv2d, dense, dropout, flatten, type Layer, maxPooling2d } from '../../../nn/layers.js';

/** Height and width of its pictures. */
export const SMALL_SIZE = 24;

/** Adam's, for a run of a minute. */
export const SMALL_RATE = 0.003;

/** The layers of the small network that comes along, as data/lesson.mjs trains it, with two filters more: the fast kernels take filters in fours. */
export const smallLayers = (): Layer[] => [
  conv2d(8, 3, { activation: 'relu', inputShape: [SMALL_SIZE, SMALL_SIZE, 3] }),
  maxPooling2d(2),
  conv2d(8, 3, { activation: 'relu' }),
  maxPooling2d(2),
  flatten(),
  dropout(0.5),
  dense(12, { activation: 'relu' }),
  dense(2, { activation: 'softmax' }),
];
