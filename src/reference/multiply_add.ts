import type { Floats } from './values.js';

type Options = { size: number; rounds: number; factor: number; addend: number };

/** output[i] = the sum of 12 numbers, of which number c begins as input[i] + c and is `rounds` times replaced by itself * factor + addend. */
export function multiplyAdd({ input, output }: Record<'input' | 'output', Floats>, { size, rounds, factor, addend }: Options): void {
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let chain = 0; chain < 12; chain++) {
      let value = input[i]! + chain;
      for (let round = 0; round < rounds; round++) value = value * factor + addend;
      sum += value;
    }
    output[i] = sum;
  }
}
