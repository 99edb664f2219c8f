import type { Padding, Shape, Window2d } from '../../engine/shape.js';
import { type Graph, transposed } from './graph.js';
import type { Attributes } from './messages.js';

/** A layer in its place in a graph, whose value is the layer's input. Shapes are ours, without the batch. */
export interface OnnxPlace {
  readonly graph: Graph;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** How its window slides over the input, where it has one. */
  readonly window: Window2d | undefined;
  /** A weight by the name that it has in the layer. */
  weight(part: string): { readonly shape: Shape; readonly data: Float32Array };
}

/** Puts what a layer computes, but for its activation. Taken from a method, so that one of any config is an OnnxLayer. */
type OnnxLayer<C = object> = { put(config: C, place: OnnxPlace): void }['put'];

interface Windowed {
  readonly padding: Padding;
  readonly dilationRate?: readonly [number, number];
  readonly useBias?: boolean;
}

/** The attributes of a window. Padding is written out, not by ONNX' auto_pad: every size is known, and checkers infer shapes of it. */
function windowAttributes({ dilationRate = [1, 1] }: Partial<Windowed>, window: Window2d): Attributes {
  const { height, width, kernelHeight, kernelWidth, strideHeight, strideWidth, padTop, padLeft, outputHeight, outputWidth } = window;
  const after = (out: number, stride: number, kernel: number, dilation: number, size: number, before: number): number =>
    Math.max((out - 1) * stride + (kernel - 1) * dilation + 1 - size - before, 0);
  const bottom = after(outputHeight, strideHeight, kernelHeight, dilationRate[0], height, padTop);
  const right = after(outputWidth, strideWidth, kernelWidth, dilationRate[1], width, padLeft);
  return { kernel_shape: [kernelHeight, kernelWidth], strides: [strideHeight, strideWidth], pads: [padTop, padLeft, bottom, right] };
}

/** A weight as it is, as a constant. */
function constantOf({ graph, weight }: OnnxPlace, part: string): string {
  const { shape, data } = weight(part);
  return graph.constant(part, shape, data);
}

/** Kernels as ONNX has them: [filters, channels, height, width] of [height, width, channels, filters]. */
const CONV_AXES = [3, 2, 0, 1];

const conv2d: OnnxLayer<Windowed> = (config, place) => {
  const { graph, window } = place;
  const { shape, data } = place.weight('kernel');
  const kernel = transposed(data, shape, CONV_AXES);
  const inputs = [graph.constant('kernel', kernel.shape, kernel.data), ...(config.useBias === false ? [] : [constantOf(place, 'bias')])];
  graph.toChannelsFirst();
  graph.put('Conv', { ...windowAttributes(config, window!), dilations: config.dilationRate ?? [1, 1] }, ...inputs);
};

/** A convolution of each channel for itself: groups of one channel. Filter c · multiplier + m is the m-th of channel c, as Keras orders them. */
function depthwise(part: string, config: Windowed, { graph, window, weight }: OnnxPlace, ...others: readonly string[]): void {
  const {
    shape: [height, width, channels, multiplier],
    data,
  } = weight(part) as { shape: readonly [number, number, number, number]; data: Float32Array };
  const kernel = transposed(data, [height, width, channels * multiplier, 1], [2, 3, 0, 1]);
  const attributes = { ...windowAttributes(config, window!), dilations: config.dilationRate ?? [1, 1], group: channels };
  const name = graph.constant(part, kernel.shape, kernel.data);
  graph.toChannelsFirst();
  graph.put('Conv', attributes, name, ...others);
}

const depthwiseConv2d: OnnxLayer<Windowed> = (config, place) =>
  depthwise('depthwise_kernel', config, place, ...(config.useBias === false ? [] : [constantOf(place, 'bias')]));

const separableConv2d: OnnxLayer<Windowed> = (config, place) => {
  depthwise('depthwise_kernel', config, place);
  const { graph } = place;
  const { shape, data } = place.weight('pointwise_kernel');
  const kernel = transposed(data, shape, CONV_AXES);
  const inputs = [
    graph.constant('pointwise_kernel', kernel.shape, kernel.data),
    ...(config.useBias === false ? [] : [constantOf(place, 'bias')]),
  ];
  graph.put('Conv', { kernel_shape: [1, 1] }, ...inputs);
};

const pooling =
  (op: string, more: Attributes = {}): OnnxLayer<Windowed> =>
  (config, { graph, window }) => {
    graph.toChannelsFirst();
    graph.put(op, { ...windowAttributes(config, window!), ...more });
  };

const globalPooling =
  (op: string): OnnxLayer<{ readonly keepdims?: boolean }> =>
  ({ keepdims }, { graph }) => {
    graph.toChannelsFirst();
    graph.put(op);
    // One number a channel, in either order.
    if (!keepdims) graph.flatten();
  };

/** Of an axis: before and after. */
const zeroPadding2d: OnnxLayer<{ readonly padding: readonly [readonly [number, number], readonly [number, number]] }> = (
  { padding: [[top, bottom], [left, right]] },
  { graph },
) => {
  graph.toChannelsFirst();
  graph.put('Pad', {}, graph.whole('pads', [0, 0, top, left, 0, 0, bottom, right]));
};

/** In inference: the moving statistics, not the batch's. */
const batchNormalization: OnnxLayer<{ readonly epsilon: number; readonly center?: boolean; readonly scale?: boolean }> = (
  config,
  place,
) => {
  const { graph, inputShape } = place;
  graph.toChannelsFirst();
  if (graph.channelAxis !== 1) throw new Error(`its input has ${inputShape.length} axes, wanted an image or features`);
  const channels = inputShape.at(-1)!;
  const own = (part: string, isKept = true, fill = 0): string =>
    isKept ? constantOf(place, part) : graph.constant(part, [channels], new Float32Array(channels).fill(fill));
  const inputs = [own('gamma', config.scale, 1), own('beta', config.center), own('moving_mean'), own('moving_variance')];
  graph.put('BatchNormalization', { epsilon: { float: config.epsilon } }, ...inputs);
};

const rescaling: OnnxLayer<{ readonly scale: number; readonly offset: number }> = ({ scale, offset }, { graph }) => {
  graph.put('Mul', {}, graph.scalar('scale', scale));
  if (offset !== 0) graph.put('Add', {}, graph.scalar('offset', offset));
};

interface ReLu {
  readonly maxValue?: number | null;
  readonly negativeSlope?: number;
  readonly threshold?: number;
}

/** The input where it is above the threshold, else the slope times what it is above it; at most maxValue. */
const reLu: OnnxLayer<ReLu> = ({ maxValue, negativeSlope = 0, threshold = 0 }, { graph }) => {
  const input = graph.value;
  if (threshold !== 0) {
    const at = graph.scalar('threshold', threshold);
    const isAbove = graph.node('Greater', [input, at]);
    const below = graph.node('Mul', [graph.node('Sub', [input, at]), graph.scalar('slope', negativeSlope)]);
    graph.value = graph.node('Where', [isAbove, input, below]);
  } else if (negativeSlope !== 0) graph.put('LeakyRelu', { alpha: { float: negativeSlope } });
  else graph.put('Relu');
  if (typeof maxValue === 'number') graph.put('Min', {}, graph.scalar('max_value', maxValue));
};

const dense: OnnxLayer<{ readonly useBias?: boolean }> = ({ useBias }, place) =>
  place.graph.put('Gemm', {}, constantOf(place, 'kernel'), ...(useBias === false ? [] : [constantOf(place, 'bias')]));

const flatten: OnnxLayer = (_, { graph }) => {
  graph.toChannelsLast();
  graph.flatten();
};

const reshape: OnnxLayer = (_, { graph, outputShape }) => {
  graph.toChannelsLast();
  // The batch is whatever is left, as its length is not known.
  graph.put('Reshape', {}, graph.constant('shape', [outputShape.length + 1], BigInt64Array.from([-1, ...outputShape], BigInt)));
};

/** Nothing in inference, or nothing at all but the activation. */
const nothing: OnnxLayer = () => {};

/** What each kind of layer is in ONNX, in inference, but for its activation. */
export const ONNX_LAYERS: ReadonlyMap<string, OnnxLayer> = new Map<string, OnnxLayer>(
  Object.entries<OnnxLayer>({
    input_layer: nothing,
    conv2d,
    depthwise_conv2d: depthwiseConv2d,
    separable_conv2d: separableConv2d,
    max_pooling2d: pooling('MaxPool'),
    average_pooling2d: pooling('AveragePool', { count_include_pad: 0 }),
    global_average_pooling2d: globalPooling('GlobalAveragePool'),
    global_max_pooling2d: globalPooling('GlobalMaxPool'),
    zero_padding2d: zeroPadding2d,
    batch_normalization: batchNormalization,
    rescaling,
    flatten,
    reshape,
    dropout: nothing,
    spatial_dropout2d: nothing,
    dense,
    activation: nothing,
    re_lu: reLu,
    leaky_re_lu: ({ negativeSlope }: { readonly negativeSlope: number }, { graph }: OnnxPlace) =>
      graph.put('LeakyRelu', { alpha: { float: negativeSlope } }),
    elu: ({ alpha }: { readonly alpha: number }, { graph }: OnnxPlace) => graph.put('Elu', { alpha: { float: alpha } }),
    softmax: (_: unknown, { graph }: OnnxPlace) => graph.put('Softmax', { axis: graph.channelAxis }),
  }),
);
