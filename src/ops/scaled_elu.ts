import { elementwise } from './elementwise.js';

/** alpha: what it goes to, times -1, before it is scaled. */
export type ScaledElu = { readonly alpha: number; readonly scale: number; readonly slopeAtZero: number };

/**
 * scale * (input where input > 0, else alpha * (exp(input) - 1)), element by element. Its gradient is dOutput * (scale where output > 0,
 * output + scale * alpha where it is below, slopeAtZero at 0). Sources: Clevert et al., https://arxiv.org/abs/1511.07289; Klambauer et al., https://arxiv.org/abs/1706.02515
 */
export const {
  forward: scaledEluForward,
  backward: scaledEluBackward,
  apply: scaledElu,
} = elementwise<ScaledElu, 'output'>('scaled_elu', 'output', [5, 3]);
