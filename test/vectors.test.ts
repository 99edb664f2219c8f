import { describe, expect, test } from 'vitest';
import { affineMatrix, type Compat, type TransformParameters, writeTransform } from '../src/data/transform.js';
import type { Executor } from '../src/engine/executor.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import type { NumberArray, Tensor, Variable } from '../src/engine/tensor.js';
import { adam, adamStepSize } from '../src/ops/adam.js';
import { augment, FILL_MODES, type FillMode, TRANSFORM_LENGTH } from '../src/ops/augment.js';
import { binaryCrossentropy } from '../src/ops/crossentropy.js';
import { gradients } from '../src/ops/gradients.js';
import { softmax } from '../src/ops/softmax.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';
import { fixtureJson } from './helpers/shared.js';

type Drawn = Record<'theta' | 'tx' | 'ty' | 'shear' | 'zx' | 'zy', number>;

interface Affine {
  readonly conv: 'old' | 'new';
  readonly M: readonly [[number, number], [number, number]];
  readonly offset: readonly [number, number];
}

interface Loss {
  readonly loss: number;
  readonly dz: number[];
}

interface AdamRun {
  readonly grads: number[];
  readonly w0: number;
  readonly w_m_v: [number, number, number][];
}

// Values of numpy and scipy, and of Keras' formulas in float64.
const vectors = fixtureJson<{
  'affine_5x6_arange30_cval_-1': (Affine & { readonly params: Drawn; readonly out: Record<string, number[][]> })[];
  affine_12x12: {
    readonly image: number[][];
    readonly params: Drawn;
    readonly results: (Affine & { readonly out_nearest_o1: number[][] })[];
  };
  rescale_f32_uint8: number[];
  bce_on_softmax_f64: { readonly z: number[]; readonly y: number[]; readonly clip_plus_eps: Loss; readonly cached_logits: Loss }[];
  adam_f64: AdamRun & { readonly tiny: AdamRun };
}>('vectors.json');

const COMPAT: Record<'old' | 'new', Compat> = { old: 'keras-preprocessing-1.1.2', new: 'keras-2.9' };

const parameters = (drawn: Drawn): TransformParameters => ({
  ...drawn,
  flipHorizontal: false,
  flipVertical: false,
  channelShiftIntensity: undefined,
  brightness: undefined,
});

const gpu = useGpu();
const executors: Record<string, () => Executor> = { GPU: () => gpu(), reference: () => new ReferenceExecutor() };

/** Computes some tensors of a graph from its inputs. */
async function compute(executor: Executor, graph: Graph, inputs: ReadonlyMap<Tensor, NumberArray>, outputs: readonly Tensor[]) {
  const executable = await executor.prepare(makePlan(graph, { outputs }));
  for (const [tensor, data] of inputs) executable.write(tensor, data);
  executable.run({ rows: 1 });
  const read = await Promise.all(outputs.map(output => executable.read(output)));
  executable.release();
  return read;
}

/** Bytes [height, width] under a transform. */
async function augmented(
  executor: Executor,
  image: readonly number[][],
  fillMode: FillMode,
  drawn?: Drawn,
  conv?: 'old' | 'new',
  rescale = 1,
) {
  const [height, width] = [image.length, image[0]!.length];
  const graph = new Graph();
  const images = graph.input('images', [1, height, width, 1], 'uint8');
  const transforms = graph.input('transforms', [1, TRANSFORM_LENGTH]);
  const row = new Float32Array(TRANSFORM_LENGTH);
  const still = { theta: 0, tx: 0, ty: 0, shear: 0, zx: 1, zy: 1 };
  writeTransform(row, 0, parameters(drawn ?? still), height, width, COMPAT[conv ?? 'new']);
  const output = augment(images, transforms, { fillMode, cval: -1, rescale });
  const inputs = new Map<Tensor, NumberArray>([
    [images, Uint8Array.from(image.flat())],
    [transforms, row],
  ]);
  return (await compute(executor, graph, inputs, [output]))[0]!;
}

function softmaxOf(z: readonly number[]): number[] {
  const exponentials = z.map(Math.exp);
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map(value => value / sum);
}

const arange = Array.from({ length: 5 }, (_, row) => Array.from({ length: 6 }, (_, column) => 6 * row + column));

describe('affine maps', () => {
  const { image, params, results } = vectors.affine_12x12;
  const cases = [
    ...vectors['affine_5x6_arange30_cval_-1'].map(of => ({ ...of, size: [5, 6] as [number, number] })),
    ...results.map(of => ({ ...of, params, size: [image.length, image[0]!.length] as [number, number] })),
  ];
  test.each(cases.map((of, i) => [i, of] as const))('matrix %i', (_, { params: drawn, conv, M, offset, size }) => {
    const found = affineMatrix(parameters(drawn), ...size, COMPAT[conv])!;
    [...M.flat(), ...offset].forEach((wanted, i) => {
      expect(Math.abs(found[i]! - wanted)).toBeLessThan(1e-12);
    });
  });

  describe.each(Object.keys(executors))('on the %s are sampled as scipy does', name => {
    test.each(vectors['affine_5x6_arange30_cval_-1'].map((of, i) => [i, of] as const))(
      '5x6, %i',
      async (_, { params: drawn, conv, out }) => {
        for (const mode of Object.keys(FILL_MODES) as FillMode[]) {
          const found = await augmented(executors[name]!(), arange, mode, drawn, conv);
          const apart = out[`${mode}_o1`]!.flat().map((wanted, i) => Math.abs(found[i]! - wanted));
          expect(Math.max(...apart), mode).toBeLessThan(1e-3);
        }
      },
    );

    test.each(results.map(of => [of.conv, of] as const))('12x12, %s', async (_, { conv, out_nearest_o1 }) => {
      const found = await augmented(executors[name]!(), image, 'nearest', params, conv);
      out_nearest_o1.flat().forEach((wanted, i) => {
        expect(Math.abs(found[i]! - wanted)).toBeLessThan(1e-2);
      });
    });
  });
});

describe.each(Object.keys(executors))('on the %s', name => {
  test('rescale is the float32 product that numpy makes, of every byte', async () => {
    const bytes = Array.from({ length: 16 }, (_, row) => Array.from({ length: 16 }, (_, column) => 16 * row + column));
    const found = await augmented(executors[name]!(), bytes, 'nearest', undefined, undefined, 1 / 255);
    expect([...found]).toEqual(vectors.rescale_f32_uint8.map(Math.fround));
  });

  test.each(vectors.bce_on_softmax_f64.map(of => [`z ${of.z}, y ${of.y}`, of] as const))('binary cross-entropy: %s', async (_, of) => {
    const graph = new Graph();
    const z = graph.input('z', [1, of.z.length]);
    const y = graph.input('y', [1, of.y.length]);
    const losses = [binaryCrossentropy({ logits: z }, y), binaryCrossentropy({ probs: softmax(z) }, y)];
    const outputs = losses.flatMap(loss => [loss, gradients(graph, loss, [z])[0]!]);
    const inputs = new Map([
      [z, Float32Array.from(of.z)],
      [y, Float32Array.from(of.y)],
    ]);
    const [logitsLoss, logitsGradient, probsLoss, probsGradient] = await compute(executors[name]!(), graph, inputs, outputs);
    const near = (found: NumberArray, wanted: readonly number[], tolerance: number): void =>
      wanted.forEach((value, i) => {
        expect(Math.abs(found[i]! - value)).toBeLessThan(tolerance * Math.max(1, Math.abs(value)));
      });
    near(logitsLoss!, [of.cached_logits.loss], 1e-6);
    near(logitsGradient!, of.cached_logits.dz, 1e-6);
    // float32 holds a probability near 1 to 2^-24 only, which a logarithm of what is left of 1 makes large.
    const p = softmaxOf(of.z).map(value => Math.max(1e-7, Math.min(value, 1 - value)));
    const rounding = p.reduce((sum, left) => sum + 2 ** -24 / (left + 1e-7), 0) / p.length;
    expect(Math.abs(probsLoss![0]! - of.clip_plus_eps.loss)).toBeLessThan(1e-6 + rounding);
    near(probsGradient!, of.clip_plus_eps.dz, 1e-6);
  });

  test.each([
    ['steps', vectors.adam_f64],
    ['steps of tiny gradients', vectors.adam_f64.tiny],
  ] as const)('Adam: %s', async (_, { w0, grads, w_m_v }) => {
    const executor = executors[name]!();
    const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
    const [parameter, moment, velocity] = ['w', 'm', 'v'].map((of): Variable => ({ name: of, shape: [1], dtype: 'float32' }));
    const variables = [parameter!, moment!, velocity!];
    const faults: Variable = { name: 'faults', shape: [1], dtype: 'uint32' };
    for (const variable of [...variables, faults]) executor.allocate(variable);
    executor.write(parameter!, Float32Array.of(w0));
    const graph = new Graph();
    const gradient = graph.input('gradient', [1]);
    const loss = graph.input('loss', [1]);
    const [p, m, v] = variables.map(variable => graph.variable(variable)) as [Tensor, Tensor, Tensor];
    adam(gradient, loss, { parameter: p, moment: m, velocity: v, faults: graph.variable(faults) }, { ...options, place: 0 });
    const executable = await executor.prepare(makePlan(graph, { outputs: [] }));
    executable.write(loss, Float32Array.of(1));
    for (const [i, g] of grads.entries()) {
      executable.write(gradient, Float32Array.of(g));
      executable.run({ stepSize: adamStepSize(1e-3, i + 1, options), slot: 0 });
      for (const [slot, variable] of variables.entries()) {
        const [found] = await executor.read(variable);
        const wanted = w_m_v[i]![slot]!;
        // float32 holds seven digits of the weight, and each step adds a rounding.
        expect(Math.abs(found! - wanted), `${variable.name} after step ${i + 1}`).toBeLessThan(
          1e-7 * Math.max(Math.abs(w0), Math.abs(wanted)) + 1e-6 * Math.abs(wanted),
        );
      }
    }
    expect(await executor.read(faults)).toEqual(Uint32Array.of(0));
    executable.release();
    for (const variable of [...variables, faults]) executor.free(variable);
  });
});
