import { describe, expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import type { Executor } from '../src/engine/executor.js';
import { makePlan } from '../src/engine/plan.js';
import type { Tensor } from '../src/engine/tensor.js';
import { ArraySource } from '../src/nn/arrays.js';
import { Layer } from '../src/nn/layers/layer.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { writeBatch } from '../src/nn/plans.js';
import { namedParameters, tensorOf, traceModel } from '../src/nn/trace.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';
import { multiply } from './helpers/multiply.js';
import { fixtureJson, fixtureTensors } from './helpers/shared.js';

// Values from real Keras (tf_keras 2.21): a 17x14x3 model of the same layers as the exact network.
const golden = fixtureTensors('small.safetensors');
const doc = fixtureJson<{ losses: Record<string, number & number[]> }>('small.json');
const FAMILIES = ['logits', 'probs'] as const;
const WEIGHTS = [
  'conv2d.kernel',
  'conv2d.bias',
  'conv2d_1.kernel',
  'conv2d_1.bias',
  'dense.kernel',
  'dense.bias',
  'dense_1.kernel',
  'dense_1.bias',
];
const ACTIVATIONS = ['conv2d', 'max_pooling2d', 'conv2d_1', 'max_pooling2d_1', 'flatten', 'dropout', 'dense', 'dense_1'];

const floats = (name: string): Float32Array => golden.get(name)!.data as Float32Array;

/** A dropout layer whose mask is a graph input named 'mask'. */
function givenDropout(masked: boolean): Layer {
  const { record, config } = dropout(0.2);
  const call = (_: unknown, input: Tensor) => ({ output: masked ? multiply(input, input.graph.input('mask', input.shape)) : input });
  return Layer.of({ ...record, call }, config, {});
}

async function smallModel(executor: Executor, from: 'logits' | 'probs', masked = false): Promise<Sequential> {
  const model = sequential([
    conv2d(5, 3, { activation: 'relu', inputShape: [17, 14, 3] }),
    maxPooling2d(2),
    conv2d(6, 3, { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    givenDropout(masked),
    dense(7, { activation: 'relu' }),
    dense(2, { activation: 'softmax' }),
  ]);
  await model.compile({ loss: { name: 'binaryCrossentropy', from }, metrics: ['acc'], executor });
  model.setWeights(Object.fromEntries(WEIGHTS.map(name => [name, floats(`weights.${name}`)])));
  return model;
}

const source = (): ArraySource => new ArraySource(floats('x'), [17, 14, 3], floats('y'), { batchSize: 6, shuffle: false });

const gpu = useGpu();
const executors = { GPU: () => gpu(), reference: () => new ReferenceExecutor() };

describe.each(['GPU', 'reference'] as const)('the small network on the %s gives what Keras gives', name => {
  describe.each(FAMILIES)('loss from %s', family => {
    test.each([
      ['without dropout', ''],
      ['with a given dropout mask', 'masked.'],
    ])('activations, loss and gradients %s', async (_, tag) => {
      const model = await smallModel(executors[name](), family, tag !== '');
      const { compiled } = model;
      const data = source();
      const trace = traceModel(model, compiled, compiled.plans, 'train', data);
      const loss = tensorOf(trace, 'loss');
      const activations = new Map(model.layers.map(({ name: layer }, i) => [layer, tensorOf(trace, `layer${i}/output`)]));
      const found = [...namedParameters(model, compiled).map(({ name: of, variable }) => [variable.name, of]), ['x', 'input']].map(
        ([weight, of]) => [weight!, tensorOf(trace, `${of}/gradient`)] as const,
      );
      const plan = makePlan(trace.graph, { outputs: [...activations.values(), ...found.map(([, tensor]) => tensor), loss] });
      const executable = await compiled.executor.prepare(plan);
      const mask = plan.inputs.find(tensor => tensor.name === 'mask');
      if (mask) executable.write(mask, floats('dropout_mask'));
      const batch = data.batch(0);
      writeBatch(executable, trace, batch, 6);
      executable.run({ rows: 6, slot: 0, rowsBefore: 0, stepSize: 0 });

      expect((await executable.read(loss))[0]).toBeCloseTo(doc.losses[`${family}.${tag}loss`]!, 6);
      if (family === 'logits') {
        for (const layer of ACTIVATIONS) {
          const difference = compare(await executable.read(activations.get(layer)!), floats(`${tag}act.${layer}`));
          expect(difference.error, layer).toBeLessThan(1e-5);
        }
      }
      for (const [weight, gradient] of found) {
        const difference = compare(await executable.read(gradient), floats(`${family}.${tag}grad.${weight}`));
        expect(difference.error, weight).toBeLessThan(1e-5);
      }
      await model.close();
    });

    test('30 Adam steps', async () => {
      const model = await smallModel(executors[name](), family);
      const losses: number[] = [];
      const accuracies: number[] = [];
      const watch = {
        onBatchesEnd: (results: readonly { loss: number; correct: number }[]) => {
          for (const { loss, correct } of results) {
            losses.push(loss);
            accuracies.push(correct / 6);
          }
        },
      };
      await model.fit(source(), { epochs: 30, callbacks: [watch] });
      const wanted = doc.losses[`${family}.trajectory`]! as number[];
      expect(losses).toHaveLength(30);
      losses.forEach((loss, step) => {
        expect(Math.abs(loss - wanted[step]!), `loss of step ${step + 1}`).toBeLessThan(1e-5);
      });
      expect(accuracies.map(Math.fround)).toEqual((doc.losses[`${family}.acc`]! as number[]).map(Math.fround));
      const weights = await model.getWeights();
      for (const weight of WEIGHTS) {
        expect(compare(weights[weight]!, floats(`${family}.after30.${weight}`)).error, weight).toBeLessThan(1e-4);
      }
      await model.close();
    });
  });
});
