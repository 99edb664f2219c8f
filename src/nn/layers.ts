import { checkRank, type Padding, type Shape, sizeOf, window2d } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { conv2d as conv2dOp } from '../ops/conv2d.js';
import { dense as denseOp } from '../ops/dense.js';
import { dropoutMask, dropout as dropoutOp } from '../ops/dropout.js';
import { maxPool2d } from '../ops/max_pool2d.js';
import { relu } from '../ops/relu.js';
import { sigmoid } from '../ops/sigmoid.js';
import { softmax } from '../ops/softmax.js';

export type Activation = 'linear' | 'relu' | 'sigmoid' | 'softmax';

/** A weight of a layer: kernels are drawn by Glorot's rule from fan-in and fan-out, biases begin at zero. */
export interface ParameterSpec {
  readonly name: 'kernel' | 'bias';
  readonly shape: Shape;
}

/** What a layer is told when it is traced. */
export interface CallContext {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly training: boolean;
  /** The batch's row that the input begins at. */
  readonly firstRow: number;
  /** What dropout masks are drawn from: the model's seed, and how many dropout layers come before this one. */
  readonly seed: number;
  readonly stream: number;
  /** A given mask instead of a drawn one, for checks against other programs. */
  readonly dropoutMask?: Tensor | undefined;
}

/** What a layer gives; `logits` is what a softmax or sigmoid activation was computed from. */
export interface CallResult {
  readonly output: Tensor;
  readonly logits?: Tensor | undefined;
}

/** A layer as a model uses it. Shapes are without the batch axis. */
export interface Layer {
  /** Keras' name of its class. */
  readonly className: 'Conv2D' | 'MaxPooling2D' | 'Flatten' | 'Dropout' | 'Dense' | 'Activation';
  /** Given by the user, or the class name with a number: see sequential(). */
  readonly name?: string | undefined;
  readonly inputShape?: Shape | undefined;
  /** Everything that makes it again: what its function was called with. */
  readonly config: Readonly<Record<string, unknown>>;
  parameters(input: Shape): readonly ParameterSpec[];
  outputShape(input: Shape): Shape;
  call(input: Tensor, context: CallContext): CallResult;
}

interface LayerOptions {
  /** [height, width, channels] or [features] of a model's first layer. */
  readonly inputShape?: Shape;
  readonly name?: string;
}

type Size2d = number | readonly [number, number];

const pair = (size: Size2d): readonly [number, number] => (typeof size === 'number' ? [size, size] : size);

function positive(layer: string, what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new Error(`${layer}: ${what} is ${value}, wanted a positive integer`);
}

const ACTIVATIONS: readonly Activation[] = ['linear', 'relu', 'sigmoid', 'softmax'];

function checkActivation(layer: string, name: Activation): void {
  if (!ACTIVATIONS.includes(name))
    throw new Error(`${layer}: activation '${name}' is not supported; wanted one of ${ACTIVATIONS.join(', ')}`);
}

function checkPadding(layer: string, padding: Padding): void {
  if (padding !== 'valid' && padding !== 'same')
    throw new Error(`${layer}: padding '${padding}' is not supported; wanted 'valid' or 'same'`);
}

function activate(name: Activation, input: Tensor): CallResult {
  if (name === 'linear') return { output: input };
  if (name === 'relu') return { output: relu(input) };
  return { output: name === 'softmax' ? softmax(input) : sigmoid(input), logits: input };
}

/** A bank of `filters` windows of kernelSize over [height, width, channels]; weights kernel [height, width, channels, filters] and bias [filters]. */
export function conv2d(
  filters: number,
  kernelSize: Size2d,
  options: LayerOptions & { readonly strides?: Size2d; readonly padding?: Padding; readonly activation?: Activation } = {},
): Layer {
  const { strides = 1, padding = 'valid', activation = 'linear', inputShape, name } = options;
  positive('conv2d', 'filters', filters);
  checkActivation('conv2d', activation);
  checkPadding('conv2d', padding);
  const window = { kernel: pair(kernelSize), strides: pair(strides), padding };
  return {
    className: 'Conv2D',
    name,
    inputShape,
    config: { filters, kernelSize: window.kernel, strides: window.strides, padding, activation },
    parameters: input => [
      { name: 'kernel', shape: [...window.kernel, input[2]!, filters] },
      { name: 'bias', shape: [filters] },
    ],
    outputShape: input => {
      const { outputHeight, outputWidth } = window2d('conv2d', [1, ...input], window);
      return [outputHeight, outputWidth, filters];
    },
    call: (input, { parameters: { kernel, bias } }) => activate(activation, conv2dOp(input, kernel!, bias!, window)),
  };
}

/** The largest value of each poolSize window of [height, width, channels]; strides are the window's size unless given. */
export function maxPooling2d(
  poolSize: Size2d = 2,
  options: LayerOptions & { readonly strides?: Size2d; readonly padding?: Padding } = {},
): Layer {
  const { strides = poolSize, padding = 'valid', inputShape, name } = options;
  checkPadding('maxPooling2d', padding);
  const window = { kernel: pair(poolSize), strides: pair(strides), padding };
  return {
    className: 'MaxPooling2D',
    name,
    inputShape,
    config: { poolSize: window.kernel, strides: window.strides, padding },
    parameters: () => [],
    outputShape: input => {
      const { outputHeight, outputWidth, channels } = window2d('maxPooling2d', [1, ...input], window);
      return [outputHeight, outputWidth, channels];
    },
    call: input => ({ output: maxPool2d(input, window) }),
  };
}

/** All axes but the batch as one: [height, width, channels] -> [height * width * channels], channels fastest. */
export function flatten(options: LayerOptions = {}): Layer {
  return {
    className: 'Flatten',
    name: options.name,
    inputShape: options.inputShape,
    config: {},
    parameters: () => [],
    outputShape: input => [sizeOf(input)],
    call: input => ({ output: input.graph.reshape(input, [input.shape[0]!, sizeOf(input.shape.slice(1))]) }),
  };
}

/** In training, sets a share `rate` of its input to 0 and scales the rest by 1 / (1 - rate); otherwise does nothing. */
export function dropout(rate: number, options: LayerOptions = {}): Layer {
  if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: rate is ${rate}, wanted a number from 0 up to but not including 1`);
  return {
    className: 'Dropout',
    name: options.name,
    inputShape: options.inputShape,
    config: { rate },
    parameters: () => [],
    outputShape: input => input,
    call: (input, { training, firstRow, seed, stream, dropoutMask: given }) => {
      if (!training || rate === 0) return { output: input };
      return { output: dropoutOp(input, given ?? dropoutMask(input.graph, input.shape, { rate, seed, stream, firstRow })) };
    },
  };
}

/** A fully connected layer: [features] -> [units]; weights kernel [features, units] and bias [units]. */
export function dense(units: number, options: LayerOptions & { readonly activation?: Activation } = {}): Layer {
  const { activation = 'linear', inputShape, name } = options;
  positive('dense', 'units', units);
  checkActivation('dense', activation);
  return {
    className: 'Dense',
    name,
    inputShape,
    config: { units, activation },
    parameters: input => {
      checkRank('dense', 'input (without the batch; use flatten() before it)', input, 1);
      return [
        { name: 'kernel', shape: [input[0]!, units] },
        { name: 'bias', shape: [units] },
      ];
    },
    outputShape: () => [units],
    call: (input, { parameters: { kernel, bias } }) => activate(activation, denseOp(input, kernel!, bias!)),
  };
}

/** An activation function as a layer of its own. */
export function activation(name: Activation, options: LayerOptions = {}): Layer {
  checkActivation('activation', name);
  return {
    className: 'Activation',
    name: options.name,
    inputShape: options.inputShape,
    config: { activation: name },
    parameters: () => [],
    outputShape: input => input,
    call: input => activate(name, input),
  };
}
