import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementIn } from '../src/engine/plan.js';
import { inspect } from '../src/inspect/inspect.js';
import type { Inspection } from '../src/inspect/types.js';
import { ArraySource } from '../src/nn/arrays.js';
import { type Computed, computedTensors, type Uncomputed } from '../src/nn/computed.js';
import { Layer, type LayerRecord } from '../src/nn/layers/layer.js';
import { dense, flatten } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { faceMaskNetwork } from '../src/nn/networks.js';
import { sameGradientTerms, sameTerms } from '../src/nn/terms.js';
import { namedVariables } from '../src/nn/trace.js';
import { samplewise } from '../src/ops/standardize.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { computedBy } from '../src/studio/page/shader/computed.js';
import { computes, launch, placeOf } from '../src/studio/page/shader/invocation.js';
import type { ShaderInfo, ShadersInfo } from '../src/studio/protocol.js';

const adapter = { subgroupSize: 8, maxInvocations: 256, maxBindingBytes: 2 ** 27, kind: 'GPUs' as const };

/** What the server tells the page of a plan, but for the shaders' texts. */
function infoOf(computed: ReadonlyMap<string, Computed | Uncomputed>): ShadersInfo {
  const nodes = [...new Set([...computed.values()].flatMap(found => ('node' in found ? [found.node] : [])))];
  const shaders = nodes.map(node => ({ ...node, flops: 0, variant: '', variants: [] }) as unknown as ShaderInfo);
  const tensors = [...computed].map(([name, found]) => [name, 'node' in found ? { ...found, node: nodes.indexOf(found.node) } : found]);
  return { isRun: true, adapter, shaders, tensors: Object.fromEntries(tensors) };
}

/** The network that the program trains, of fewer pixels: 100 filters, pooling, 100 filters, pooling, flatten, dropout, 50 units, 2 units. */
describe('of the exact network', () => {
  let model: Sequential;
  let inspection: Inspection;
  let training: ReadonlyMap<string, Computed | Uncomputed>;
  const size = 24;
  const picture = Float32Array.from({ length: size * size * 3 }, (_, i) => Math.sin(i * i) / 2 + 0.5);

  const inPlan = async (mode: 'train' | 'predict'): Promise<ReadonlyMap<string, Computed | Uncomputed>> => {
    const two = new Float32Array([...picture, ...picture]);
    const source = new ArraySource(two, [size, size, 3], Float32Array.of(0, 1, 1, 0), { shuffle: false });
    const { trace, plan } = await model.compiled.plans.get(mode, source);
    return computedTensors(trace, plan, namedVariables(model, model.compiled));
  };

  beforeAll(async () => {
    model = faceMaskNetwork({ imageSize: [size, size], seed: 2 });
    await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
    inspection = await inspect(model, picture, Float32Array.of(0, 1));
    training = await inPlan('train');
  });
  afterAll(() => model.close());

  test('every tensor of an inspection has its kernel in a step of training, or the sentence why it has none', () => {
    expect([...training.keys()].sort()).toEqual(Object.keys(inspection.tensors).sort());
    const conv = (i: number) => ({
      [`layer${i}/pre_activation`]: 'conv2d_pool_forward output',
      [`layer${i}/output`]: 'conv2d_pool_forward output',
      [`layer${i + 1}/argmax`]: 'conv2d_pool_forward codes',
      [`layer${i + 1}/output`]: 'conv2d_pool_forward output',
      [`layer${i}/kernel/gradient`]: 'conv2d_pool_backward_kernel dKernel',
      [`layer${i}/bias/gradient`]: 'conv2d_pool_backward_kernel dBias',
      [`layer${i}/pre_activation/gradient`]: 'conv2d_pool_backward_kernel ',
      [`layer${i}/output/gradient`]: 'conv2d_pool_backward_kernel ',
    });
    const dense = (i: number, activation: string) => ({
      [`layer${i}/pre_activation`]: 'dense_forward output',
      [`layer${i}/output`]: `${activation}_forward output`,
      [`layer${i}/kernel/gradient`]: 'dense_backward_kernel dKernel',
      [`layer${i}/bias/gradient`]: 'dense_backward_kernel dBias',
    });
    const weights = [0, 2, 6, 7].flatMap(i => ['kernel', 'bias'].map(part => `layer${i}/${part}`));
    const updates = weights.flatMap(weight =>
      Object.entries({ '': 'parameter', '/m': 'moment', '/v': 'velocity' }).flatMap(([slot, update]) =>
        ['', '/updated'].map(end => [weight + slot + end, `adam ${update}`]),
      ),
    );
    const described = [...training].map(([name, found]) => [name, 'why' in found ? found.why : `${found.node.op} ${found.output ?? ''}`]);
    expect(Object.fromEntries(described)).toEqual({
      input: expect.stringContaining('the host writes it'),
      labels: expect.stringContaining('the host writes it'),
      ...conv(0),
      ...conv(2),
      'layer4/output': 'conv2d_pool_forward output',
      'layer5/mask': 'dropout_forward mask',
      'layer5/output': 'dropout_forward output',
      ...dense(6, 'relu'),
      ...dense(7, 'softmax'),
      logits: 'dense_forward output',
      probabilities: 'softmax_forward output',
      loss: expect.stringMatching(/^binary_crossentropy\w* loss$/),
      'logits/gradient': expect.stringMatching(/^binary_crossentropy\w*backward dLogits$/),
      'layer7/pre_activation/gradient': expect.stringMatching(/^binary_crossentropy\w*backward dLogits$/),
      'layer6/output/gradient': 'dense_backward_input dInput',
      'layer6/pre_activation/gradient': 'relu_backward dInput',
      'layer5/output/gradient': 'dense_backward_input dInput',
      'layer4/output/gradient': 'dropout_backward dInput',
      'layer3/output/gradient': 'dropout_backward dInput',
      'layer1/output/gradient': 'conv2d_pool_backward_input dInput',
      'input/gradient': expect.stringContaining('only an inspection'),
      ...Object.fromEntries(updates),
    });
  });

  test('the nodes are those of the layers whose numbers they compute', () => {
    const scopes = ['layer2/output', 'layer3/output', 'layer2/bias/gradient', 'layer6/output'].map(
      name => (training.get(name) as Computed).node.scope,
    );
    expect(scopes).toEqual(['conv2d_1', 'conv2d_1', 'conv2d_1', 'dense']);
  });

  test('every number that has a place in an output has the invocation that computes it', () => {
    const info = infoOf(training);
    for (const [name, { data }] of Object.entries(inspection.tensors)) {
      const found = computedBy(info, name, data.length - 1);
      if ('why' in found || !found.at) continue;
      const launched = launch(found.node, 'naive', adapter);
      const at = computes(launched, found.at.output);
      expect([name, placeOf(launched, at, found.at.output, found.at.element)]).toEqual([name, expect.anything()]);
    }
  });

  test('a number of a weight is looked up among those of all weights', () => {
    const element = (weight: string, index: number): unknown => {
      const found = computedBy(infoOf(training), `${weight}/updated`, index);
      return 'why' in found ? found.why : found.at?.element;
    };
    // The bias begins after 3x3x3x100 numbers, at the next multiple of 64.
    expect([element('layer0/kernel', 5), element('layer0/bias', 0), element('layer0/bias', 7)]).toEqual([5, 2752, 2759]);
  });

  test("a number of a convolution is looked up in its window's largest", () => {
    const info = infoOf(training);
    const [{ data, shape }, pooled] = [inspection.tensors['layer2/output']!, inspection.tensors['layer3/output']!];
    expect(shape).toEqual([1, 9, 9, 100]);
    const largest = new Float32Array(pooled.data.length);
    data.forEach((value, index) => {
      const found = computedBy(info, 'layer2/output', index);
      const [row, column] = [Math.floor(index / 900), Math.floor(index / 100) % 9];
      // Nine rows and columns: the last of each is in no window.
      expect('why' in found).toBe(row === 8 || column === 8);
      if ('node' in found) largest[found.at!.element] = Math.max(largest[found.at!.element]!, value);
    });
    expect(largest).toEqual(pooled.data);
  });

  test('a plan that only predicts says that it changes no weight, and needs no gradient', async () => {
    const predicting = await inPlan('predict');
    expect(predicting.get('layer6/kernel')).toEqual({ why: expect.stringContaining('as the last step of training left it') });
    expect((predicting.get('probabilities') as Computed).node.op).toBe('softmax_forward');
    expect(computedBy(infoOf(predicting), 'layer0/bias/gradient', 0)).toEqual({ why: expect.stringContaining('only an inspection') });
  });
});

test('elements that share one of another tensor are found along every axis', () => {
  const found = Array.from({ length: 5 * 3 }, (_, index) => elementIn([5, 3], [2, 2], [2, 2], index));
  const none = undefined;
  expect(found).toEqual([0, 0, 1, 0, 0, 1, 2, 2, 3, 2, 2, 3, none, none, none]);
});

test('a layer before the weights may be one that nothing differentiates: the model trains, and an inspection ends there', async () => {
  const record: Partial<LayerRecord> = {
    kind: 'standardized',
    className: 'Standardized',
    call: (_, input) => ({ output: samplewise(input, true) }),
    outputShape: (_, shape) => shape,
    terms: { output: sameTerms, inputGradient: sameGradientTerms },
  };
  const first = Layer.of(record as LayerRecord, {}, { inputShape: [4, 4, 1] });
  const model = sequential([first, flatten(), dense(2, { activation: 'softmax' })], { seed: 1 });
  await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
  const x = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i * i));
  const y = Float32Array.of(0, 1, 1, 0);
  const { history } = await model.fit(new ArraySource(x, [4, 4, 1], y), { epochs: 3 });
  expect(history.loss!.at(-1)).toBeLessThan(history.loss![0]!);
  const { tensors } = await inspect(model, x, y);
  expect(Object.keys(tensors)).toContain('layer0/output/gradient');
  expect(Object.keys(tensors)).not.toContain('input/gradient');
  await model.close();
});
