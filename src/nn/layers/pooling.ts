import { type DilatedWindow2d, dilatedWindow2d, type Padding, type Shape } from '../../engine/shape.js';
import { completed, defaulted, fields, flag, optional } from '../json.js';
import { asPair, checkChoice, type LayerConfig, type LayerOptions, PADDINGS, readPadding, readPair, type Size2d } from './layer.js';

/** What layers have that make one number of each window: what the largest and the mean differ in is on their own pages. */
export interface PoolingConfig extends LayerConfig {
  readonly poolSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

export interface PoolingOptions extends LayerOptions {
  readonly strides?: Size2d;
  readonly padding?: Padding;
}

const given = fields({
  poolSize: defaulted<PoolingConfig['poolSize']>(readPair, [2, 2]),
  strides: optional(readPair),
  padding: defaulted(readPadding, 'valid'),
});

/** Windows of 2 x 2 side by side, where a file says nothing. */
export const readPooling = completed(given, ({ poolSize, strides = poolSize, padding }): PoolingConfig => ({ poolSize, strides, padding }));

export function poolingConfig(layer: string, poolSize: Size2d, { strides = poolSize, padding = 'valid' }: PoolingOptions): PoolingConfig {
  checkChoice(layer, 'padding', padding, PADDINGS);
  return { poolSize: asPair(poolSize), strides: asPair(strides), padding };
}

export const poolingWindow = (layer: string, { poolSize, strides, padding }: PoolingConfig, input: Shape): DilatedWindow2d =>
  dilatedWindow2d(layer, input, { kernel: poolSize, strides, padding });

/** What a window slides to. */
export const pooledShape = ({ outputHeight, outputWidth, channels }: DilatedWindow2d): Shape => [outputHeight, outputWidth, channels];

/** What layers have that make one number of each channel. */
export interface GlobalPoolingConfig extends LayerConfig {
  /** Whether height and width stay, as 1: [1, 1, channels] for [channels]. */
  readonly keepdims: boolean;
}

export type GlobalPoolingOptions = LayerOptions & Partial<GlobalPoolingConfig>;

export const readGlobalPooling = fields({ keepdims: defaulted(flag, false) });

/** The one window of a global pooling: the whole picture. */
export const wholeWindow = (layer: string, input: Shape): DilatedWindow2d =>
  dilatedWindow2d(layer, input, { kernel: [input[1]!, input[2]!], strides: [1, 1], padding: 'valid' });

export const globalShape = ({ keepdims }: GlobalPoolingConfig, input: Shape): Shape => (keepdims ? [1, 1, input[2]!] : [input[2]!]);
