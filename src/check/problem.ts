import { Graph } from '../engine/graph.js';
import type { Shape } from '../engine/shape.js';
import type { DType, Tensor, Variable } from '../engine/tensor.js';
import { ACTIVATIONS } from '../nn/activations.js';
import { binaryAccuracy, categoricalAccuracy } from '../ops/accuracy.js';
import { adam } from '../ops/adam.js';
import { add } from '../ops/add.js';
import { assign } from '../ops/assign.js';
import { augment, TRANSFORM_LENGTH } from '../ops/augment.js';
import { avgPool2d } from '../ops/avg_pool2d.js';
import { batchMoments, batchNorm, movingAverage } from '../ops/batch_norm.js';
import { clipNorm, clipValue, squaredNorm } from '../ops/clip.js';
import { clippedRelu } from '../ops/clipped_relu.js';
import { brightness, channelShift } from '../ops/color.js';
import { conv2d } from '../ops/conv2d.js';
import { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy } from '../ops/crossentropy.js';
import { dense } from '../ops/dense.js';
import { depthwiseConv2d } from '../ops/depthwise_conv2d.js';
import { channelDropout, dropout } from '../ops/dropout.js';
import { globalMaxPool2d } from '../ops/global_max_pool2d.js';
import { type LossRows, smoothLabels } from '../ops/loss.js';
import { maxPool2d } from '../ops/max_pool2d.js';
import { confusion, scoreHistogram, topKAccuracy } from '../ops/metrics.js';
import { multiplyAdd } from '../ops/multiply_add.js';
import { note } from '../ops/note.js';
import { penalty } from '../ops/penalty.js';
import { record } from '../ops/record.js';
import { absoluteError, squaredError } from '../ops/regression.js';
import { relu } from '../ops/relu.js';
import { rescaling } from '../ops/rescaling.js';
import { rmsprop } from '../ops/rmsprop.js';
import { scaledElu } from '../ops/scaled_elu.js';
import { sgd } from '../ops/sgd.js';
import { featurewise, samplewise } from '../ops/standardize.js';
import { weightDecay } from '../ops/weight_decay.js';
import { zeroPad2d } from '../ops/zero_pad2d.js';
import type { ActivationCase, Case } from './cases.js';
import type { Fill } from './fill.js';

/** A case made concrete: a graph, what its inputs hold, and what is differentiated. */
export interface Problem {
  readonly graph: Graph;
  readonly inputs: readonly { readonly tensor: Tensor; readonly fill: Fill }[];
  readonly variables: readonly { readonly variable: Variable; readonly fill: Fill }[];
  readonly outputs: readonly Tensor[];
  /** Inputs that the first output is differentiated by. */
  readonly wrt: readonly Tensor[];
  /** Where that is none: why the op needs no gradient. */
  readonly noGradient?: string;
  /** Whether the output is a loss, which is differentiated without a gradient arriving at it. */
  readonly isLoss: boolean;
  readonly scalars: Readonly<Record<string, number>>;
}

const isActivation = (of: Case): of is ActivationCase => of.op in ACTIVATIONS;

const CROSSENTROPIES = {
  binary_crossentropy: binaryCrossentropy,
  categorical_crossentropy: categoricalCrossentropy,
  sparse_categorical_crossentropy: sparseCategoricalCrossentropy,
};
const ERRORS = { mean_squared_error: squaredError.apply, mean_absolute_error: absoluteError.apply };

/** Why there are ops without a gradient. */
const BEFORE = 'no parameter lies before what makes the network its pictures';
const COUNTED = 'a metric is counted, not descended';
const UPDATE = 'nothing comes after what a step leaves behind';

/** Traces a case's graph. */
export function problemOf(of: Case): Problem {
  const graph = new Graph();
  const inputs: { tensor: Tensor; fill: Fill }[] = [];
  const variables: { variable: Variable; fill: Fill }[] = [];
  const input = (name: string, shape: Shape, fill: Fill = 'distinct'): Tensor => {
    const tensor = graph.input(name, shape);
    inputs.push({ tensor, fill });
    return tensor;
  };
  const variable = (name: string, shape: Shape, fill: Fill, dtype: DType = 'float32'): Tensor => {
    const declared: Variable = { name, shape, dtype };
    variables.push({ variable: declared, fill });
    return graph.variable(declared);
  };
  const problem = (outputs: readonly Tensor[], wrt: readonly [Tensor, ...Tensor[]], scalars = {}, isLoss = false): Problem => ({
    graph,
    inputs,
    variables,
    outputs,
    wrt,
    isLoss,
    scalars,
  });
  const constant = (outputs: readonly Tensor[], noGradient: string, scalars = {}): Problem => ({
    graph,
    inputs,
    variables,
    outputs,
    wrt: [],
    noGradient,
    isLoss: false,
    scalars,
  });

  const lossRows = ({ firstRow = 0, isWeighted, input: [batch] }: Extract<Case, { isWeighted?: true }>): LossRows => ({
    firstRow,
    weights: isWeighted && input('weights', [batch!], 'positive'),
  });

  if (isActivation(of)) {
    const x = input('input', of.input, of.fill);
    return problem([ACTIVATIONS[of.op].apply(x)], [x]);
  }
  switch (of.op) {
    case 'clipped_relu': {
      const x = input('input', of.input, of.fill ?? 'spread');
      const { slope, threshold, most, slopeAtThreshold, slopeAtMost } = of;
      return problem([clippedRelu(x, { slope, threshold, most, slopeAtThreshold, slopeAtMost })], [x]);
    }
    case 'scaled_elu': {
      const x = input('input', of.input, of.fill);
      const { alpha, scale, slopeAtZero } = of;
      return problem([scaledElu(x, { alpha, scale, slopeAtZero })], [x]);
    }
    case 'add': {
      const a = input('a', of.input);
      const b = input('b', of.input);
      return problem([add(a, b)], [a, b]);
    }
    case 'conv2d': {
      const x = input('input', of.input, of.fill);
      const kernel = input('kernel', [...of.window, of.input[3]!, of.filters]);
      const bias = of.useBias === false ? [] : [input('bias', [of.filters])];
      return problem([conv2d(x, kernel, bias[0], of)], [x, kernel, ...bias]);
    }
    case 'depthwise_conv2d': {
      const channels = of.input[3]!;
      const x = input('input', of.input, of.fill);
      const kernel = input('kernel', [...of.window, channels, of.multiplier]);
      const bias = of.useBias === false ? [] : [input('bias', [channels * of.multiplier])];
      return problem([depthwiseConv2d(x, kernel, bias[0], of)], [x, kernel, ...bias]);
    }
    case 'conv2d_pool': {
      const x = input('input', of.input, of.fill);
      const kernel = input('kernel', [...of.window, of.input[3]!, of.filters]);
      // Without a bias, what sees nothing is 0, and dead.
      const bias = of.useBias === false ? [] : [input('bias', [of.filters], of.fill === 'even' ? 'zeros' : 'distinct')];
      const pooled = maxPool2d(relu(conv2d(x, kernel, bias[0], of)), { kernel: [2, 2], strides: [2, 2], padding: 'valid' });
      return problem([pooled], [x, kernel, ...bias]);
    }
    case 'max_pool2d': {
      const x = input('input', of.input, of.fill);
      const output = maxPool2d(x, { ...of, kernel: of.window });
      return problem([output, output.producer!.outputs.argmax!], [x]);
    }
    case 'avg_pool2d': {
      const x = input('input', of.input, of.fill);
      return problem([avgPool2d(x, { ...of, kernel: of.window })], [x]);
    }
    case 'global_max_pool2d': {
      const x = input('input', of.input, of.fill);
      const output = globalMaxPool2d(x);
      return problem([output, output.producer!.outputs.count!], [x]);
    }
    case 'zero_pad2d': {
      const x = input('input', of.input);
      return problem([zeroPad2d(x, of.padding)], [x]);
    }
    case 'augment': {
      const [batch, ...size] = of.input as [number, ...number[]];
      const pictures = graph.input('pictures', [batch + 1, ...size], of.fill ? 'float32' : 'uint8');
      inputs.push({ tensor: pictures, fill: of.fill ?? 'bytes' });
      return constant([augment(pictures, input('transforms', [batch, TRANSFORM_LENGTH], 'affine'), of)], BEFORE);
    }
    case 'channel_shift':
      return constant(
        [channelShift(input('input', of.input), input('transforms', [of.input[0]!, TRANSFORM_LENGTH], 'affine'), of.rescale)],
        BEFORE,
      );
    case 'brightness':
      return constant(
        [brightness(input('input', of.input, of.fill), input('transforms', [of.input[0]!, TRANSFORM_LENGTH], 'affine'), of)],
        BEFORE,
      );
    case 'samplewise':
      return constant([samplewise(input('input', of.input), of.normalize)], BEFORE);
    case 'featurewise':
      return constant([featurewise(input('input', of.input), input('statistics', [2, of.input[3]!], 'positive'), of.normalize)], BEFORE);
    case 'dense': {
      const x = input('input', of.input);
      const kernel = input('kernel', [of.input[1]!, of.units]);
      const bias = of.useBias === false ? [] : [input('bias', [of.units])];
      return problem([dense(x, kernel, bias[0])], [x, kernel, ...bias]);
    }
    case 'dropout':
    case 'channel_dropout': {
      const x = input('input', of.input);
      const drop = of.op === 'dropout' ? dropout : channelDropout;
      const { output, mask } = drop(x, { rate: of.rate, seed: 7, stream: 3, firstRow: of.firstRow ?? 0 });
      return problem([output, mask], [x], { rowsBefore: of.rowsBefore });
    }
    case 'batch_norm':
    case 'running_norm': {
      const channels = [of.input.at(-1)!];
      const [x, gamma, beta] = [input('input', of.input), input('gamma', channels), input('beta', channels)];
      const ofBatch = of.op === 'batch_norm';
      const moments = ofBatch ? batchMoments(x) : { mean: input('mean', channels), variance: input('variance', channels, 'positive') };
      const output = batchNorm(x, { ...moments, gamma, beta, epsilon: of.epsilon, ofBatch });
      return problem([output], [x, gamma, beta], ofBatch ? { rows: of.rows } : {});
    }
    case 'folded_norm': {
      const channels = [of.filters];
      const kernel = input('kernel', [3, 3, of.input[3]!, of.filters]);
      const map = conv2d(input('input', of.input), kernel, input('bias', channels), { strides: [1, 1], padding: 'valid' });
      const moments = { mean: input('mean', channels), variance: input('variance', channels, 'positive') };
      const affine = { gamma: input('gamma', channels), beta: input('beta', channels), epsilon: of.epsilon };
      return constant([batchNorm(map, { ...moments, ...affine, ofBatch: false })], 'layers are folded where nothing is trained');
    }
    case 'moving_average': {
      const channels = [of.input.at(-1)!];
      const moved = movingAverage(input('moving', channels), input('value', channels, 'positive'), {
        ...of,
        input: graph.input('input', of.input),
      });
      return constant([moved], UPDATE, { rows: of.rows });
    }
    case 'rescaling': {
      const x = input('input', of.input);
      return problem([rescaling(x, of)], [x]);
    }
    case 'binary_crossentropy':
    case 'categorical_crossentropy':
    case 'sparse_categorical_crossentropy': {
      const labels = input('labels', of.input, of.fill ?? 'onehot');
      const x = input(of.from, of.input, of.from === 'probs' ? 'probs' : 'distinct');
      const loss = CROSSENTROPIES[of.op](of.from === 'probs' ? { probs: x } : { logits: x }, labels, lossRows(of));
      return problem([loss], [x], { rows: of.rows }, true);
    }
    case 'mean_squared_error':
    case 'mean_absolute_error': {
      const x = input('output', of.input);
      return problem([ERRORS[of.op](x, input('labels', of.input, 'probs'), lossRows(of))], [x], { rows: of.rows }, true);
    }
    case 'smooth_labels':
      return constant([smoothLabels(input('labels', of.input, 'onehot'), of.smoothing, of.classes)], 'labels are given');
    case 'categorical_accuracy':
    case 'binary_accuracy': {
      const accuracy = of.op === 'binary_accuracy' ? binaryAccuracy : categoricalAccuracy;
      const correct = accuracy(input('output', of.input, 'probs'), input('labels', of.input, 'onehot'), of.firstRow);
      return constant([correct], COUNTED, { rows: of.rows });
    }
    case 'adam': {
      const shape = [of.size];
      const updates = {
        parameter: variable('parameter', shape, 'distinct'),
        moment: variable('moment', shape, 'distinct'),
        velocity: variable('velocity', shape, 'positive'),
        faults: variable('faults', [3], 'zeros', 'uint32'),
      };
      adam(input('gradient', shape), input('loss', [1], 'positive'), updates, { ...of, place: 2 });
      return constant([], UPDATE, { stepSize: 0.01, slot: 3 });
    }
    case 'sgd': {
      const shape = [of.size];
      const updates = {
        parameter: variable('parameter', shape, 'distinct'),
        velocity: variable('velocity', shape, 'distinct'),
        faults: variable('faults', [3], 'zeros', 'uint32'),
      };
      sgd(input('gradient', shape), input('loss', [1], 'positive'), updates, { ...of, place: 2 });
      return constant([], UPDATE, { learningRate: 0.1, slot: 3 });
    }
    case 'rmsprop': {
      const shape = [of.size];
      const updates = {
        parameter: variable('parameter', shape, 'distinct'),
        velocity: variable('velocity', shape, 'positive'),
        momentum: variable('momentum', shape, 'distinct'),
        average: variable('average', shape, 'zeros'),
        faults: variable('faults', [3], 'zeros', 'uint32'),
      };
      rmsprop(input('gradient', shape), input('loss', [1], 'positive'), updates, { ...of, place: 2 });
      return constant([], UPDATE, { learningRate: 0.1, slot: 3 });
    }
    case 'weight_decay':
      weightDecay(input('loss', [1], 'positive'), variable('parameter', [of.size], 'distinct'), of.decay);
      return constant([], UPDATE, { learningRate: 0.1 });
    case 'clip_value':
      return constant([clipValue(input('gradient', [of.size]), of.limit)], UPDATE);
    case 'squared_norm':
      return constant([squaredNorm(input('gradient', [of.size]))], UPDATE);
    case 'clip_norm':
      return constant([clipNorm(input('gradient', [of.size]), input('squaredNorm', [1], 'positive'), of.limit)], UPDATE);
    case 'assign': {
      const updates = { variable: variable('variable', [of.size], 'distinct'), faults: variable('faults', [3], 'zeros', 'uint32') };
      assign(input('value', [of.size]), input('loss', [1], 'positive'), updates, { place: 1 });
      return constant([], UPDATE, { slot: 3 });
    }
    case 'multiply_add':
      return constant([multiplyAdd(input('input', [of.size]), of)], 'it measures how fast a device computes');
    case 'penalty': {
      const weight = input('weight', of.input);
      return problem([penalty(weight, of)], [weight], {}, true);
    }
    case 'note':
      note(input('counts', [of.size]), variable('history', [5, of.width], 'distinct'), of.offset);
      return constant([], UPDATE, { slot: of.slot });
    case 'top_k_accuracy':
    case 'confusion':
    case 'score_histogram': {
      const [output, labels] = [input('output', of.input, 'probs'), input('labels', of.input, 'onehot')];
      const found =
        of.op === 'top_k_accuracy'
          ? topKAccuracy(output, labels, of.k, of.firstRow)
          : of.op === 'confusion'
            ? confusion(output, labels, of.threshold, of.firstRow)
            : scoreHistogram(output, labels, of.buckets, of.firstRow);
      return constant([found], COUNTED, { rows: of.rows });
    }
    case 'record': {
      const updates = { history: variable('history', [5, of.width ?? 2], 'distinct'), faults: variable('faults', [3], 'zeros', 'uint32') };
      record(input('loss', [1]), input('correct', [1]), updates, { training: true });
      return constant([], UPDATE, { slot: of.slot });
    }
  }
}
