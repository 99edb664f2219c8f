import { elementwise } from './elementwise.js';

/** slope: of what lies below the threshold. The slopes at the two kinks are said apart. */
export type ClippedRelu = {
  readonly slope: number;
  readonly threshold: number;
  readonly most: number;
  readonly slopeAtThreshold: number;
  readonly slopeAtMost: number;
};

/**
 * min(input, most) where input > threshold, else slope * (input - threshold), element by element. Its gradient is dOutput times the slope: 1 between
 * threshold and most, 0 beyond.
 */
export const {
  forward: clippedReluForward,
  backward: clippedReluBackward,
  apply: clippedRelu,
} = elementwise<ClippedRelu, 'input'>('clipped_relu', 'input', [3, 4]);
