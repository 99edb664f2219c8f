import { bell, shareBelow } from '../engine/normal.js';
import type { Floats } from './values.js';

type Forward = Record<'input' | 'output', Floats>;
type Backward = Record<'output' | 'dOutput' | 'dInput', Floats>;
type FromInput = Record<'input' | 'dOutput' | 'dInput', Floats>;
type Size = { size: number };
type Slopes = { slope: number; threshold: number; most: number; slopeAtThreshold: number; slopeAtMost: number };

/** output = max(input, 0) */
function reluForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = Math.max(input[i]!, 0);
}

/** dInput = dOutput where output > 0, else 0 */
function reluBackward({ output, dOutput, dInput }: Backward, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = output[i]! > 0 ? dOutput[i]! : 0;
}

/** output = 1 / (1 + exp(-input)) */
function sigmoidForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = 1 / (1 + Math.exp(-input[i]!));
}

/** dInput = dOutput * output * (1 - output) */
function sigmoidBackward({ output, dOutput, dInput }: Backward, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * output[i]! * (1 - output[i]!);
}

/** output = tanh(input) */
function tanhForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = Math.tanh(input[i]!);
}

/** dInput = dOutput * (1 - output²) */
function tanhBackward({ output, dOutput, dInput }: Backward, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * (1 - output[i]! * output[i]!);
}

/** output = min(input, most) where input > threshold, else slope * (input - threshold) */
function clippedReluForward({ input, output }: Forward, { size, slope, threshold, most }: Size & Slopes): void {
  for (let i = 0; i < size; i++) output[i] = input[i]! > threshold ? Math.min(input[i]!, most) : slope * (input[i]! - threshold);
}

/** dInput = dOutput * the slope: 1 between threshold and most, 0 beyond, `slope` below; at threshold and most what is said */
function clippedReluBackward({ input, dOutput, dInput }: FromInput, { size, ...of }: Size & Slopes): void {
  for (let i = 0; i < size; i++) {
    const x = input[i]!;
    const above = x < of.most ? 1 : x === of.most ? of.slopeAtMost : 0;
    const below = x === of.threshold ? of.slopeAtThreshold : of.slope;
    dInput[i] = dOutput[i]! * (x > of.threshold ? above : below);
  }
}

type Elu = { alpha: number; scale: number; slopeAtZero: number };

/** output = scale * (input where input > 0, else alpha * (exp(input) - 1)) */
function scaledEluForward({ input, output }: Forward, { size, alpha, scale }: Size & Elu): void {
  for (let i = 0; i < size; i++) output[i] = scale * (input[i]! > 0 ? input[i]! : alpha * Math.expm1(input[i]!));
}

/** dInput = dOutput * (scale where output > 0, output + scale * alpha below, slopeAtZero at 0) */
function scaledEluBackward({ output, dOutput, dInput }: Backward, { size, alpha, scale, slopeAtZero }: Size & Elu): void {
  for (let i = 0; i < size; i++) {
    const y = output[i]!;
    dInput[i] = dOutput[i]! * (y > 0 ? scale : y < 0 ? y + scale * alpha : slopeAtZero);
  }
}

/** output = input * P(input), P the normal distribution's share below it */
function geluForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = input[i]! * shareBelow(input[i]!);
}

/** dInput = dOutput * (P(input) + input * exp(-input² / 2) / √(2π)) */
function geluBackward({ input, dOutput, dInput }: FromInput, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * (shareBelow(input[i]!) + input[i]! * bell(input[i]!));
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** output = input * sigmoid(input) */
function siluForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = input[i]! * sigmoid(input[i]!);
}

/** dInput = dOutput * s * (1 + input * (1 - s)), s = sigmoid(input) */
function siluBackward({ input, dOutput, dInput }: FromInput, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * sigmoid(input[i]!) * (1 + input[i]! * sigmoid(-input[i]!));
}

/** output = log(1 + exp(input)) */
function softplusForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = Math.max(input[i]!, 0) + Math.log1p(Math.exp(-Math.abs(input[i]!)));
}

/** dInput = dOutput * sigmoid(input) */
function softplusBackward({ input, dOutput, dInput }: FromInput, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * sigmoid(input[i]!);
}

/** output = slope * input + 0.5, held in 0 … 1 */
function hardSigmoidForward({ input, output }: Forward, { size, slope }: Size & { slope: number }): void {
  for (let i = 0; i < size; i++) output[i] = Math.min(Math.max(slope * input[i]! + 0.5, 0), 1);
}

/** dInput = slope * dOutput where nothing is held back */
function hardSigmoidBackward(
  { input, dOutput, dInput }: FromInput,
  { size, slope, slopeAtEnds }: Size & { slope: number; slopeAtEnds: number },
): void {
  for (let i = 0; i < size; i++) {
    const y = slope * input[i]! + 0.5;
    dInput[i] = dOutput[i]! * (y > 0 && y < 1 ? slope : y === 0 || y === 1 ? slopeAtEnds : 0);
  }
}

/** output = exp(input) */
function exponentialForward({ input, output }: Forward, { size }: Size): void {
  for (let i = 0; i < size; i++) output[i] = Math.exp(input[i]!);
}

/** dInput = dOutput * output */
function exponentialBackward({ output, dOutput, dInput }: Backward, { size }: Size): void {
  for (let i = 0; i < size; i++) dInput[i] = dOutput[i]! * output[i]!;
}

/** Activation functions of each number by itself, by the names of their ops; softmax, which takes a row, has a page of its own. */
export const activations = {
  relu_forward: { run: reluForward },
  relu_backward: { run: reluBackward },
  clipped_relu_forward: { run: clippedReluForward },
  clipped_relu_backward: { run: clippedReluBackward },
  scaled_elu_forward: { run: scaledEluForward },
  scaled_elu_backward: { run: scaledEluBackward },
  gelu_forward: { run: geluForward },
  gelu_backward: { run: geluBackward },
  silu_forward: { run: siluForward },
  silu_backward: { run: siluBackward },
  softplus_forward: { run: softplusForward },
  softplus_backward: { run: softplusBackward },
  hard_sigmoid_forward: { run: hardSigmoidForward },
  hard_sigmoid_backward: { run: hardSigmoidBackward },
  exponential_forward: { run: exponentialForward },
  exponential_backward: { run: exponentialBackward },
  sigmoid_forward: { run: sigmoidForward },
  sigmoid_backward: { run: sigmoidBackward },
  tanh_forward: { run: tanhForward },
  tanh_backward: { run: tanhBackward },
};
