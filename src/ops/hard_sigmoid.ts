import { elementwise } from './elementwise.js';

/** slopeAtEnds: what the slope is where slope * input + 0.5 is just 0 or 1. */
export type HardSigmoid = { readonly slope: number; readonly slopeAtEnds: number };

/** slope * input + 0.5, held in 0 … 1, element by element. Its gradient is slope * dOutput where nothing is held back. */
export const {
  forward: hardSigmoidForward,
  backward: hardSigmoidBackward,
  apply: hardSigmoid,
} = elementwise<HardSigmoid, 'input'>('hard_sigmoid', 'input', [4, 4]);
