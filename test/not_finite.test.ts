import { describe, expect, test } from 'vitest';
import type { Executor } from '../src/engine/executor.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import type { Variable } from '../src/engine/tensor.js';
import { ArraySource } from '../src/nn/arrays.js';
import { dense, flatten } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, type Optimizer, sgd } from '../src/nn/optimizers.js';
import { adam as adamOp } from '../src/ops/adam.js';
import { conv2d } from '../src/ops/conv2d.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { maxPool2d } from '../src/ops/max_pool2d.js';
import { record } from '../src/ops/record.js';
import { relu } from '../src/ops/relu.js';
import { sgd as sgdOp } from '../src/ops/sgd.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';

// Numbers are made by their bits: neither JavaScript nor WGSL promises to keep a NaN's.
const BITS = {
  'quiet NaN': 0x7fc00000,
  'signalling NaN': 0x7f800001,
  'negative NaN': 0xffffffff,
  infinity: 0x7f800000,
  '-infinity': 0xff800000,
};
const floatOf = (bits: number): Float32Array => new Float32Array(Uint32Array.of(bits).buffer);

const gpu = useGpu();
const executors: Readonly<Record<string, () => Executor>> = { 'the GPU': gpu, 'the reference': () => new ReferenceExecutor() };

/** Runs one node on variables of these numbers; gives them as they are afterwards. */
async function run(
  executor: Executor,
  values: Readonly<Record<string, Float32Array | Uint32Array>>,
  trace: (graph: Graph, tensors: Readonly<Record<string, ReturnType<Graph['variable']>>>) => void,
  scalars: Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, ArrayLike<number>>>> {
  const variables = Object.entries(values).map(
    ([name, data]): Variable => ({ name, shape: [data.length], dtype: data instanceof Uint32Array ? 'uint32' : 'float32' }),
  );
  const graph = new Graph();
  for (const variable of variables) {
    executor.allocate(variable);
    executor.write(variable, values[variable.name]!);
  }
  trace(graph, Object.fromEntries(variables.map(variable => [variable.name, graph.variable(variable)])));
  const executable = await executor.prepare(makePlan(graph, { outputs: [] }));
  executable.run(scalars);
  const found: Record<string, ArrayLike<number>> = {};
  for (const variable of variables) found[variable.name] = await executor.read(variable);
  executable.release();
  for (const variable of variables) executor.free(variable);
  return found;
}

describe.each(Object.keys(executors))('on %s', name => {
  const executor = () => executors[name]!();
  const good = { loss: Float32Array.of(1), faults: new Uint32Array(4) };

  test.each(Object.entries(BITS))('an update by a gradient of %s is noted with its step, whatever the optimizer', async (_, bits) => {
    const gradient = new Float32Array(70).fill(0.5);
    gradient.set(floatOf(bits), 69);
    const zeros = () => new Float32Array(70);
    const byAdam = await run(
      executor(),
      { ...good, gradient, parameter: zeros(), moment: zeros(), velocity: zeros() },
      (_, { gradient: g, loss, parameter, moment, velocity, faults }) =>
        adamOp(
          g!,
          loss!,
          { parameter: parameter!, moment: moment!, velocity: velocity!, faults: faults! },
          { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, place: 2 },
        ),
      { stepSize: 0.1, slot: 6 },
    );
    expect([...Array.from(byAdam.faults!)]).toEqual([0, 0, 7, 0]);
    const bySgd = await run(
      executor(),
      { ...good, gradient, parameter: zeros(), velocity: zeros() },
      (_, { gradient: g, loss, parameter, velocity, faults }) =>
        sgdOp(g!, loss!, { parameter: parameter!, velocity: velocity!, faults: faults! }, { momentum: 0.9, place: 3 }),
      { learningRate: 0.1, slot: 0 },
    );
    expect([...Array.from(bySgd.faults!)]).toEqual([0, 0, 0, 1]);
  });

  test('a moment alone that is not finite is noted too', async () => {
    // 1e22 squared is beyond float32: the velocity is infinite, and the parameter is not.
    const found = await run(
      executor(),
      {
        ...good,
        gradient: Float32Array.of(1e22),
        parameter: Float32Array.of(3),
        moment: new Float32Array(1),
        velocity: new Float32Array(1),
      },
      (_, { gradient, loss, parameter, moment, velocity, faults }) =>
        adamOp(
          gradient!,
          loss!,
          { parameter: parameter!, moment: moment!, velocity: velocity!, faults: faults! },
          { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, place: 1 },
        ),
      { stepSize: 0.1, slot: 2 },
    );
    expect(Number.isFinite(found.parameter![0])).toBe(true);
    expect([found.velocity![0], ...Array.from(found.faults!)]).toEqual([Infinity, 0, 3, 0, 0]);
  });

  test.each(Object.entries(BITS))(
    'a loss of %s is noted once, in training only, and the optimizers change nothing from then on',
    async (_, bits) => {
      for (const [training, before, loss, wanted] of [
        [true, [0, 0], floatOf(bits), [5, 0]],
        [false, [0, 0], floatOf(bits), [0, 0]],
        [true, [0, 3], floatOf(bits), [0, 3]],
        [true, [0, 3], Float32Array.of(1), [0, 3]],
      ] as const) {
        const found = await run(
          executor(),
          {
            loss,
            correct: Float32Array.of(2),
            history: new Float32Array(20),
            faults: Uint32Array.from(before),
            gradient: Float32Array.of(1),
            parameter: Float32Array.of(3),
            velocity: new Float32Array(1),
          },
          (graph, { loss: l, correct, history, faults, gradient, parameter, velocity }) => {
            const gate = record(l!, correct!, { history: graph.reshape(history!, [10, 2]), faults: faults! }, { training });
            sgdOp(gradient!, gate, { parameter: parameter!, velocity: velocity!, faults: faults! }, { momentum: 0, place: 1 });
          },
          { slot: 4, learningRate: 1 },
        );
        expect([...Array.from(found.faults!), found.parameter![0], found.history![9]]).toEqual([...wanted, 3, 2]);
        expect(Object.is(found.history![8], loss[0])).toBe(true);
      }
    },
  );

  test.each(Object.entries(BITS))('relu lets %s through: not finite, or the 0 of -infinity', async (_, bits) => {
    const graph = new Graph();
    const input = graph.input('input', [1]);
    const output = relu(input);
    const executable = await executor().prepare(makePlan(graph, { outputs: [output] }));
    executable.write(input, floatOf(bits));
    executable.run({});
    const [found] = await executable.read(output);
    expect(found).toBe(bits === BITS['-infinity'] ? 0 : bits === BITS.infinity ? Infinity : NaN);
    executable.release();
  });

  /** Two dense layers for pictures of 2x2. */
  const network = async (optimizer: Optimizer): Promise<Sequential> => {
    const model = sequential([flatten({ inputShape: [2, 2, 1] }), dense(3, { activation: 'relu' }), dense(2, { activation: 'softmax' })], {
      seed: 1,
    });
    await model.compile({ loss: 'binaryCrossentropy', optimizer, executor: executor() });
    return model;
  };
  const y = new Float32Array(24).map((_, i) => i % 2);
  const arrays = (x: Float32Array) => new ArraySource(x, [2, 2, 1], y, { batchSize: 4, shuffle: false });

  test('a loss that is not finite stops the training with the weights that its step met, not those of a later one', async () => {
    const x = new Float32Array(12 * 4).fill(0.5);
    x[5 * 4] = 3e38;
    x[5 * 4 + 1] = 3e38;
    const [stopped, before] = [await network(sgd({ learningRate: 0.01 })), await network(sgd({ learningRate: 0.01 }))];
    for (const model of [stopped, before])
      model.setWeights({ ...(await model.getWeights()), 'dense.kernel': new Float32Array(12).fill(1.5) });
    await before.fit(arrays(x), { shuffle: false, maxSteps: 1 });
    await expect(stopped.fit(arrays(x), { epochs: 3, shuffle: false })).rejects.toThrow(
      /^training stopped at step 2: the loss is NaN; it began in the output of dense, number 3 = Infinity\. The weights are those from before that step\./,
    );
    expect(await stopped.getWeights()).toEqual(await before.getWeights());
    expect([stopped.step, stopped.rowsTrained]).toEqual([1, 4]);
    // It can be trained on, with other pictures.
    await stopped.fit(arrays(new Float32Array(12 * 4).fill(0.5)), { shuffle: false });
    expect(stopped.step).toBe(4);
    for (const model of [stopped, before]) await model.close();
  });

  test.each([
    [
      'adam',
      adam({ learningRate: 1e39 }),
      /training stopped at step 1: its update of dense\.kernel is not finite: dense\.kernel\[\d+\] = (-?Infinity|NaN)\. What this step/,
    ],
    [
      'sgd',
      sgd({ learningRate: 1e39, momentum: 0.9 }),
      /training stopped at step \d: its update of dense(_1)?\.(kernel|bias) is not finite: .*velocity\[\d\] = -?(Infinity|NaN)/,
    ],
  ])('an update that is not finite stops the training and is named: %s', async (_, optimizer, message) => {
    const model = await network(optimizer);
    await expect(model.fit(arrays(new Float32Array(12 * 4).map((_, i) => (i % 5) - 2)), { epochs: 2, shuffle: false })).rejects.toThrow(
      message,
    );
    await model.close();
  });

  test('what is not finite is never taken for an answer', async () => {
    const model = await network(adam());
    model.setWeights({
      ...(await model.getWeights()),
      'dense.kernel': new Float32Array(12).fill(3e38),
      'dense_1.kernel': new Float32Array(6).fill(3e38),
    });
    const x = new Float32Array(12 * 4);
    x.fill(0.9, 7 * 4, 8 * 4);
    await expect(model.predict({ x, batchSize: 5 })).rejects.toThrow("the model's output for row 7 is NaN");
    await expect(model.evaluate(arrays(x))).rejects.toThrow('the loss of batch 1 is NaN');
    const validationData = arrays(x);
    await expect(model.fit(arrays(new Float32Array(12 * 4)), { validationData })).rejects.toThrow(
      'validation after epoch 1: the loss of batch 1 is NaN',
    );
    await model.close();
  });
});

test('arrays with a number that is not finite are refused', () => {
  const x = new Float32Array(12 * 4);
  x[9 * 4 + 1] = NaN;
  expect(() => new ArraySource(x, [2, 2, 1])).toThrow('arrays: x[37], in row 9, is NaN, wanted finite numbers only');
  expect(() => new ArraySource(new Float32Array(4), [2, 2, 1], Float32Array.of(0, -Infinity))).toThrow(
    'arrays: y[1], in row 0, is -Infinity',
  );
});

test('every kernel of convolution, relu and pooling lets a NaN through', async () => {
  const graph = new Graph();
  const [input, kernel, bias] = [graph.input('input', [1, 12, 12, 4]), graph.input('kernel', [3, 3, 4, 8]), graph.input('bias', [8])];
  const output = maxPool2d(relu(conv2d(input, kernel, bias, { strides: [1, 1], padding: 'valid' })), {
    kernel: [2, 2],
    strides: [2, 2],
    padding: 'valid',
  });
  const plan = makePlan(graph, { outputs: [output], fusions: FUSIONS });
  const [node] = plan.nodes;
  expect(plan.nodes).toHaveLength(1);
  const names: string[] = [];
  for (const variant of gpu()
    .kernelsOf(node!)
    .filter(each => each.supports(gpu().traits))) {
    const executable = await gpu().prepare(plan, () => variant);
    // Beyond float32 on both sides of 0: infinity less infinity.
    executable.write(input, new Float32Array(12 * 12 * 4).fill(2));
    executable.write(
      kernel,
      new Float32Array(3 * 3 * 4 * 8).map((_, i) => ((i >> 3) % 2 === 0 ? 3e38 : -3e38)),
    );
    executable.write(bias, new Float32Array(8));
    executable.run({});
    const found = await executable.read(output);
    expect([variant.name, ...new Set(found)]).toEqual([variant.name, NaN]);
    executable.release();
    names.push(variant.name);
  }
  expect(names.length).toBeGreaterThan(1);
});
