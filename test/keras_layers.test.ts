import { describe, expect, test } from 'vitest';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import type { KerasVersion } from '../src/nn/activations/record.js';
import { ACTIVATIONS, fromKerasName, toKerasName } from '../src/nn/activations.js';
import { gradients } from '../src/ops/gradients.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';
import { fixtureJson } from './helpers/shared.js';

/** What a function gives, and its slope, number by number. */
interface Function {
  readonly output: readonly number[];
  readonly slope: readonly number[];
}

/** From fixtures/keras_norm.py. */
const keras = fixtureJson<{
  readonly inputs: readonly number[];
  readonly activations: Readonly<Record<KerasVersion, Readonly<Record<string, Function>>>>;
}>('keras_norm.json');

/** Functions whose slope is computed from their output, in Keras too: of an output near its bound it has few digits. */
const BY_OUTPUT = ['elu', 'selu', 'sigmoid', 'tanh'];

/** Of each number. Keras' gelu has a constant of fewer digits: see the script. */
const toleranceOf = (name: string): number => (name === 'gelu' ? 2e-6 : 1e-6);

const gpu = useGpu();

describe.each([
  ['reference', () => new ReferenceExecutor()],
  ['GPU', () => gpu()],
] as const)("activations give Keras' numbers and slopes to 1e-6 of each, large and small: %s", (_, executorOf) => {
  const functions = ([2, 3] as const).flatMap(version =>
    Object.entries(keras.activations[version]).map(([name, wanted]) => ({ version, name, wanted })),
  );
  test.each(functions)('$name of Keras $version', async ({ version, name, wanted }) => {
    const graph = new Graph();
    const shape = [keras.inputs.length];
    const [input, dOutput] = [graph.input('input', shape), graph.input('dOutput', shape)];
    const output = ACTIVATIONS[fromKerasName(name, version)!].apply(input);
    const [slope] = gradients(graph, output, [input], dOutput) as [typeof input];
    const executable = await executorOf().prepare(makePlan(graph, { outputs: [output, slope] }));
    executable.write(input, Float32Array.from(keras.inputs));
    executable.write(dOutput, new Float32Array(shape[0]!).fill(1));
    executable.run({});
    for (const [what, tensor] of [['output', output] as const, ['slope', slope] as const]) {
      const found = await executable.read(tensor);
      const far = keras.inputs.flatMap((x, i) => {
        const number = wanted[what][i]!;
        // What is as near to 0 may be made of numbers that are too near for a float32.
        const floor = what === 'slope' && BY_OUTPUT.includes(name) ? 2 ** -22 : 2 ** -120;
        return Math.abs(found[i]! - number) <= toleranceOf(name) * Math.abs(number) + floor ? [] : [{ x, found: found[i], wanted: number }];
      });
      expect(far, what).toEqual([]);
    }
    executable.release();
  });
});

test('a function has the names of either Keras, and none where it has no such function', () => {
  expect(fromKerasName('swish', 2)).toBe('silu');
  expect([toKerasName('silu', 2), toKerasName('silu', 3)]).toEqual(['swish', 'silu']);
  expect(fromKerasName('hard_sigmoid', 2)).toBe('hard_sigmoid');
  expect(fromKerasName('hard_sigmoid', 3)).toBe('hard_sigmoid_keras3');
  expect([toKerasName('hard_sigmoid', 3), toKerasName('hard_sigmoid_keras3', 2)]).toEqual([undefined, undefined]);
  expect(fromKerasName('hard_sigmoid_keras3', 3)).toBeUndefined();
  expect(fromKerasName('softsign', 3)).toBeUndefined();
});
