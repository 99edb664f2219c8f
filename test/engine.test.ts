import { describe, expect, test } from 'vitest';
import { Graph } from '../src/engine/graph.js';
import { assignSlots, type Lifetime, makePlan } from '../src/engine/plan.js';
import { window2d } from '../src/engine/shape.js';
import type { Tensor } from '../src/engine/tensor.js';
import { lifetimes, lower } from '../src/gpu/lower.js';
import { kernelsOf } from '../src/kernels/index.js';
import type { AdapterTraits } from '../src/kernels/variant.js';
import { add } from '../src/ops/add.js';
import { conv2d } from '../src/ops/conv2d.js';
import { dense } from '../src/ops/dense.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { gradients } from '../src/ops/gradients.js';
import { maxPool2d } from '../src/ops/max_pool2d.js';
import { relu } from '../src/ops/relu.js';
import { ReferenceExecutor } from '../src/reference/executor.js';

describe('slots', () => {
  test('no two tensors of a slot live at the same time, and slots are reused', () => {
    const lifetimes: Lifetime<number>[] = Array.from({ length: 60 }, (_, i) => ({
      item: i,
      bytes: ((i * 37) % 11) + 1,
      first: i,
      last: i + ((i * 13) % 7),
    }));
    const slots = assignSlots(lifetimes);
    for (const { bytes, items } of slots) {
      const inside = items.map(item => lifetimes[item]!);
      expect(bytes).toBe(Math.max(...inside.map(lifetime => lifetime.bytes)));
      for (const a of inside) for (const b of inside) if (a !== b) expect(a.last < b.first || b.last < a.first).toBe(true);
    }
    expect(slots.flatMap(({ items }) => items).sort((a, b) => a - b)).toEqual(lifetimes.map(({ item }) => item));
    expect(slots.length).toBeLessThan(12);
  });
});

describe('plans', () => {
  test('leave out what nothing needs', () => {
    const graph = new Graph();
    const a = graph.input('a', [3]);
    const used = relu(a);
    relu(used);
    const plan = makePlan(graph, { outputs: [used] });
    expect(plan.nodes.map(node => node.op)).toEqual(['relu_forward']);
    expect(plan.inputs).toEqual([a]);
  });
});

describe('a fusion', () => {
  test('says which tensors of the nodes that it stands for it does not store', () => {
    const graph = new Graph();
    const [input, kernel, bias] = [graph.input('input', [1, 6, 6, 2]), graph.input('kernel', [3, 3, 2, 4]), graph.input('bias', [4])];
    const output = maxPool2d(relu(conv2d(input, kernel, bias, { strides: [1, 1], padding: 'valid' })), {
      kernel: [2, 2],
      strides: [2, 2],
      padding: 'valid',
    });
    const found = gradients(graph, output, [kernel, bias], graph.input('dOutput', output.shape));
    const [whole, fused] = [[], FUSIONS].map(fusions => makePlan(graph, { outputs: [output, ...found], fusions }).nodes);
    const stored = new Set(fused!.flatMap(node => Object.values(node.outputs)));
    const gone = whole!.flatMap(node => Object.values(node.outputs)).filter(tensor => !stored.has(tensor));
    expect(gone).toHaveLength(5);
    expect(new Set(fused!.flatMap(node => node.replaces.map(({ tensor }) => tensor)))).toEqual(new Set(gone));
  });
});

describe('kernels', () => {
  test('of two nodes that prepare the same have it once', () => {
    const graph = new Graph();
    const [input, kernel, bias] = [graph.input('input', [2, 10, 10, 4]), graph.input('kernel', [3, 3, 4, 8]), graph.input('bias', [8])];
    const other = graph.input('other', [2, 10, 10, 4]);
    const output = (x: Tensor): Tensor =>
      maxPool2d(relu(conv2d(x, kernel, bias, { strides: [1, 1], padding: 'valid' })), {
        kernel: [2, 2],
        strides: [2, 2],
        padding: 'valid',
      });
    const outputs = [output(input), output(other)];
    const dOutput = graph.input('dOutput', outputs[0]!.shape);
    const found = gradients(graph, outputs[0]!, [input, kernel, bias], dOutput);
    const plan = makePlan(graph, { outputs: [...outputs, ...found], fusions: FUSIONS });
    const adapter: AdapterTraits = {
      subgroupSize: 8,
      maxInvocations: 256,
      maxBindingBytes: 2 ** 27,
      kind: 'GPUs',
    };
    const steps = lower(
      plan,
      node =>
        kernelsOf(node)
          .filter(({ supports }) => supports(adapter))
          .at(-1)!,
      adapter,
    );
    const bound = (shader: string, name: string) =>
      steps.filter(({ dispatch }) => dispatch.shader === shader).map(({ dispatch }) => dispatch.bindings[name]!);
    const [first, second, ...more] = bound('winograd4_input.single', 'transformed');
    expect(more).toEqual([]);
    expect(second).not.toBe(first);
    const [patches, ...others] = bound('winograd_multiply_rows.tiled', 'patches');
    expect(others).toEqual([]);
    expect(patches).toBe(first);
    const lifetime = lifetimes(plan, steps).find(({ item }) => item === first)!;
    expect(steps[lifetime.last]!.dispatch.shader).toBe('winograd_multiply_rows.tiled');
  });
});

describe('gradients', () => {
  test('of a tensor that is used twice are added up', async () => {
    const graph = new Graph();
    const x = graph.input('x', [4]);
    const dOut = graph.input('dOut', [4]);
    const [dX] = gradients(graph, add(relu(x), x), [x], dOut);
    const executable = await new ReferenceExecutor().prepare(makePlan(graph, { outputs: [dX!] }));
    executable.write(x, Float32Array.of(-1, 2, -3, 4));
    executable.write(dOut, Float32Array.of(1, 10, 100, 1000));
    executable.run({});
    expect([...(await executable.read(dX!))]).toEqual([1, 20, 100, 2000]);
  });

  test('record backward nodes only where they are wanted', () => {
    const graph = new Graph();
    const [input, kernel, bias] = [graph.input('input', [1, 5, 5, 1]), graph.input('kernel', [3, 3, 1, 2]), graph.input('bias', [2])];
    const output = conv2d(input, kernel, bias, { strides: [1, 1], padding: 'valid' });
    gradients(graph, output, [kernel], graph.input('dOutput', output.shape));
    expect(graph.nodes.map(node => node.op)).toEqual(['conv2d_forward', 'conv2d_backward_kernel']);
  });

  test.each([
    [['kernel', 'bias'], 'dense_backward_kernel'],
    [['kernel'], 'dense_backward_kernel'],
    [['bias'], 'bias_backward'],
  ] as const)("of a dense layer's %j come from one node", (wanted, op) => {
    const graph = new Graph();
    const weights = { kernel: graph.input('kernel', [4, 3]), bias: graph.input('bias', [3]) };
    const output = dense(graph.input('input', [2, 4]), weights.kernel, weights.bias);
    const found = gradients(
      graph,
      output,
      wanted.map(name => weights[name]),
      graph.input('dOutput', output.shape),
    );
    expect(makePlan(graph, { outputs: found }).nodes.map(node => node.op)).toEqual([op]);
  });

  test('say which parameter does not reach the loss', () => {
    const graph = new Graph();
    const x = graph.input('x', [2]);
    const lonely = graph.input('lonely', [2]);
    expect(() => gradients(graph, relu(x), [lonely], graph.input('d', [2]))).toThrow("'lonely' does not reach the loss");
  });
});

describe('errors name the op, the axis, what was found and what was wanted', () => {
  const graph = new Graph();
  const image = graph.input('image', [1, 3, 8, 2]);
  test.each<[string, () => unknown, string]>([
    [
      'kernel > input',
      () => window2d('conv2d', [1, 3, 8, 2], { kernel: [5, 3], strides: [1, 1], padding: 'valid' }),
      "conv2d: kernel 5 > input 3 on height (padding 'valid')",
    ],
    [
      'stride 0',
      () => maxPool2d(image, { kernel: [2, 2], strides: [2, 0], padding: 'valid' }),
      'max_pool2d: stride on width is 0, wanted a positive integer',
    ],
    [
      'channels',
      () => conv2d(image, graph.input('kernel', [1, 1, 3, 4]), graph.input('bias', [4]), { strides: [1, 1], padding: 'valid' }),
      'conv2d: kernel [1, 1, 3, 4] takes 3 channels, the input [1, 3, 8, 2] has 2',
    ],
    [
      'features',
      () => dense(graph.input('x', [2, 5]), graph.input('kernel', [4, 3]), graph.input('bias', [3])),
      'dense: kernel [4, 3] takes 4 features, the input [2, 5] has 5',
    ],
    [
      'rank',
      () => dense(image, graph.input('kernel', [4, 3]), graph.input('bias', [3])),
      'dense: input has shape [1, 3, 8, 2], wanted 2 axes',
    ],
  ])('%s', (_, work, message) => {
    expect(work).toThrow(message);
  });
});
