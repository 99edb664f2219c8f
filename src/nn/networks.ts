import { conv2d, dense, dropout, flatten, maxPooling2d } from './layers.js';
import { type Sequential, sequential } from './model.js';

/**
 * The face-mask classifier: two convolutions of 100 filters with pooling, dropout, a dense layer of 50 units and a softmax over the classes.
 * At 150x150 with two classes it has 6,573,052 weights.
 */
export function faceMaskNetwork(
  options: {
    readonly imageSize?: readonly [number, number];
    /** Of a picture: 3, or 1 where they are grey. */
    readonly channels?: number;
    readonly classes?: number;
    readonly seed?: number;
  } = {},
): Sequential {
  const { imageSize: [height, width] = [150, 150], channels = 3, classes = 2, seed } = options;
  return sequential(
    [
      conv2d(100, [3, 3], { activation: 'relu', inputShape: [height, width, channels] }),
      maxPooling2d(2),
      conv2d(100, [3, 3], { activation: 'relu' }),
      maxPooling2d(2),
      flatten(),
      dropout(0.5),
      dense(50, { activation: 'relu' }),
      dense(classes, { activation: 'softmax' }),
    ],
    seed === undefined ? {} : { seed },
  );
}
