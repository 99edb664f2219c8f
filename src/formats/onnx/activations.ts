import type { Graph } from './graph.js';

/** Keras' slope of the activation 'leaky_relu'. */
const LEAKY_SLOPE = 0.2;

/** Of Klambauer et al., 2017, as Keras has them. */
const SELU = { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } };

/** The value times what an op gives of it. */
function timesOwn(graph: Graph, put: () => void): void {
  const before = graph.value;
  put();
  graph.put('Mul', {}, before);
}

/** x · (1 + erf(x / √2)) / 2: an op of its own came with opset 20 only. */
function gelu(graph: Graph): void {
  timesOwn(graph, () => {
    graph.put('Mul', {}, graph.scalar('sqrt_half', Math.SQRT1_2));
    graph.put('Erf');
    graph.put('Add', {}, graph.scalar('one', 1));
    graph.put('Mul', {}, graph.scalar('half', 0.5));
  });
}

/** What each activation function is in ONNX, by Keras' name. 'linear' is nothing. */
export const ONNX_ACTIVATIONS: ReadonlyMap<string, (graph: Graph) => void> = new Map<string, (graph: Graph) => void>([
  ['linear', () => {}],
  ['relu', graph => graph.put('Relu')],
  ['leaky_relu', graph => graph.put('LeakyRelu', { alpha: { float: LEAKY_SLOPE } })],
  ['elu', graph => graph.put('Elu')],
  ['selu', graph => graph.put('Selu', SELU)],
  ['gelu', gelu],
  ['silu', graph => timesOwn(graph, () => graph.put('Sigmoid'))],
  ['softplus', graph => graph.put('Softplus')],
  ['tanh', graph => graph.put('Tanh')],
  ['sigmoid', graph => graph.put('Sigmoid')],
  ['hard_sigmoid', graph => graph.put('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } })],
  ['hard_sigmoid_keras3', graph => graph.put('HardSigmoid', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })],
  ['hard_sigmoid_keras3', graph => graph.put('HardSigmoid', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })],
  ['exponential', graph => graph.put('Exp')],
  ['softmax', graph => graph.put('Softmax', { axis: graph.channelAxis })],
]);
