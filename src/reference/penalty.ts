import type { Floats } from './values.js';

type Penalty = { size: number; l1: number; l2: number };

/** penalty = l1 * Σ |weight| + l2 * Σ weight² */
export function penaltyForward({ weight, penalty }: Record<'weight' | 'penalty', Floats>, { size, l1, l2 }: Penalty): void {
  let [absolute, squares] = [0, 0];
  for (let i = 0; i < size; i++) {
    absolute += Math.abs(weight[i]!);
    squares += weight[i]! * weight[i]!;
  }
  penalty[0] = l1 * absolute + l2 * squares;
}

/** dWeight = l1 * sign(weight) + 2 * l2 * weight */
export function penaltyBackward({ weight, dWeight }: Record<'weight' | 'dWeight', Floats>, { size, l1, l2 }: Penalty): void {
  for (let i = 0; i < size; i++) dWeight[i] = l1 * Math.sign(weight[i]!) + 2 * l2 * weight[i]!;
}
