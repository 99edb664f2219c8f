import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { cookToom, F4_POINTS, toNumber } from '../bench/cook_toom.js';
import { loadFile } from '../src/data/load_file.js';
import { makePlan } from '../src/engine/plan.js';
import { compileCheckpoint, readCheckpoint } from '../src/formats/checkpoint.js';
import { inspect } from '../src/inspect/inspect.js';
import { explainNumber } from '../src/inspect/one_number.js';
import type { Inspection } from '../src/inspect/types.js';
import { ArraySource } from '../src/nn/arrays.js';
import { traceModel } from '../src/nn/trace.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import type { Lesson } from '../src/studio/page/lesson.js';
import { NO_CHANGE, transformed, transformOf } from '../src/studio/page/lessons/compute/affine.js';
import { adamPath, BEND, SURFACES, sgdPath, VALLEY } from '../src/studio/page/lessons/compute/descent.js';
import { lossAt, lossGrid } from '../src/studio/page/lessons/compute/loss_surface.js';
import { changeOf, convolve, KERNELS, maskAt, maxPool, shiftRight, silentShare } from '../src/studio/page/lessons/compute/maps.js';
import { contributionsTo, windowGradient } from '../src/studio/page/lessons/compute/scores.js';
import { countProducts, winogradTwoOutputs } from '../src/studio/page/lessons/compute/winograd_count.js';
import { FAST_WAYS, layerIn, OUTPUTS, patchIn, patchWays } from '../src/studio/page/lessons/compute/winograd_patch.js';
import { bytesRead, invocationOf, launchOf } from '../src/studio/page/lessons/compute/workgroups.js';
import { FACE } from '../src/studio/page/lessons/face.js';
import { type Look, type TinyEvent, trainTiny } from '../src/studio/page/lessons/run/tiny.js';
import { TINY, type TinyConfig } from '../src/studio/page/lessons/run/tiny_config.js';
import { partsOf } from '../src/studio/page/state/layout.js';
import { stubPageGlobals } from './helpers/page_globals.js';

const root = join(import.meta.dirname, '..');

describe('what the pieces compute', () => {
  test('kernels do what their names say', () => {
    // A step up between columns 2 and 3.
    const step = Float32Array.from({ length: 36 }, (_, i) => (i % 6 >= 3 ? 1 : 0));
    expect(Array.from(convolve(step, 6, 6, KERNELS.nothing))).toEqual(Array.from({ length: 16 }, (_, i) => (i % 4 >= 2 ? 1 : 0)));
    expect(Array.from(convolve(step, 6, 6, KERNELS['edges across']))).toEqual(Array.from({ length: 16 }, (_, i) => [0, 4, 4, 0][i % 4]));
    expect(Array.from(convolve(step, 6, 6, KERNELS['edges down']))).toEqual(new Array(16).fill(0));
    expect(Array.from(convolve(step, 6, 6, KERNELS.blur)).slice(0, 4)).toEqual([0, 0.25, 0.75, 1]);
  });

  test('pooling minds a move less than the map does', () => {
    // Bars of two columns: moved by one, each still has its largest number in its window's neighbour or itself.
    const map = Float32Array.from({ length: 64 }, (_, i) => [0, 3, 3, 0, 0, 0, 5, 5][i % 8]!);
    const moved = shiftRight(map, 8, 8, 1);
    expect(Array.from(moved.slice(0, 8))).toEqual([0, 0, 3, 3, 0, 0, 0, 5]);
    expect(Array.from(maxPool(map, 8, 8, 2).slice(0, 4))).toEqual([3, 3, 0, 5]);
    expect(changeOf(maxPool(map, 8, 8, 2), maxPool(moved, 8, 8, 2))).toBeLessThan(changeOf(map, moved));
    expect(changeOf(map, shiftRight(map, 8, 8, 0))).toBe(0);
  });

  test('a bias silences a filter', () => {
    const before = [-1, 0.5, 0.25, 2];
    expect(silentShare(before, 0)).toBe(0.25);
    expect(silentShare(before, -0.5)).toBe(0.75);
    expect(silentShare(before, -2)).toBe(1);
  });

  test('masks keep about their share, and repeat', () => {
    const mask = maskAt(4096, 0.3, 7, 3);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    expect(mask.filter(factor => factor > 0).length / 4096).toBeCloseTo(0.7, 1);
    expect(maskAt(4096, 0.3, 7, 3)).toEqual(mask);
    expect(maskAt(4096, 0.3, 7, 4)).not.toEqual(mask);
  });

  test("the surface's gradient is its slope", () => {
    for (const kind of ['binary', 'categorical'] as const) {
      for (const [z0, z1, label] of [
        [0.3, -1.2, 0],
        [2, 2.5, 1],
      ] as const) {
        const { gradient, probabilities } = lossAt(kind, z0, z1, label);
        const slope = (d0: number, d1: number): number =>
          (lossAt(kind, z0 + d0, z1 + d1, label).loss - lossAt(kind, z0 - d0, z1 - d1, label).loss) / 2e-5;
        expect(gradient[0]).toBeCloseTo(slope(1e-5, 0), 6);
        expect(gradient[1]).toBeCloseTo(slope(0, 1e-5), 6);
        expect(probabilities[0] + probabilities[1]).toBeCloseTo(1, 12);
      }
    }
    // The second logit goes up: at the top left the first is small and the second large.
    const grid = lossGrid('categorical', 1, 5, 8);
    expect(grid[0]).toBeLessThan(grid.at(-1)!);
  });

  test('Adam goes along the valley where descent is slow or runs away', () => {
    for (const { start, reach, loss, gradient } of SURFACES) {
      const [x, y] = [start[0] / 2, start[1] / 2];
      expect(gradient(x, y)[0]).toBeCloseTo((loss(x + 1e-6, y) - loss(x - 1e-6, y)) / 2e-6, 4);
      expect(gradient(x, y)[1]).toBeCloseTo((loss(x, y + 1e-6) - loss(x, y - 1e-6)) / 2e-6, 4);
      expect(Math.max(...start.map(Math.abs))).toBeLessThanOrEqual(reach);
    }
    const end = (path: Float64Array): number => VALLEY.loss(...(path.slice(-2) as unknown as [number, number]));
    const [adam, descent] = [adamPath(VALLEY, 0.1, 60), sgdPath(VALLEY, 0.02, 60)];
    expect(adam.length).toBe(122);
    expect(end(adam)).toBeLessThan(end(descent));
    // Adam's first step is the rate, whatever the gradient.
    expect(Math.abs(adam[2]! - adam[0]!)).toBeCloseTo(0.1, 4);
    expect(Math.abs(adam[3]! - adam[1]!)).toBeCloseTo(0.1, 4);
    // Steeper than 2 / rate, descent grows.
    expect(sgdPath(VALLEY, 0.12, 200).length).toBeLessThan(402);
    expect(sgdPath(BEND, 0.01, 1, 0.9)).toEqual(sgdPath(BEND, 0.01, 1));
  });

  test("Winograd's products are fewer and give the same", () => {
    const { direct, winograd, products } = winogradTwoOutputs([3, 1, 4, 2], [1, 2, -1]);
    expect(direct).toEqual([1, 7]);
    expect(winograd[0]).toBeCloseTo(1, 12);
    expect(winograd[1]).toBeCloseTo(7, 12);
    expect(products.length).toBe(4);
    const size = { outputHeight: 72, outputWidth: 72, channels: 100, filters: 100 };
    expect(countProducts(size).map(({ saving }) => saving)).toEqual([1, 2.25, 4]);
    // A tile at the edge is computed whole.
    expect(countProducts({ ...size, outputHeight: 73, outputWidth: 73 })[2]!.saving).toBeLessThan(4);
  });

  test('the matrices of F(4x4) are those of the shaders', () => {
    const derived = cookToom(4, 3, F4_POINTS);
    for (const name of ['kernel', 'inputT', 'outputT'] as const) {
      expect(FAST_WAYS['F(4×4)'][name], name).toEqual(derived[name].map(row => row.map(toNumber)));
    }
  });

  test('every output number has its invocation', () => {
    expect(launchOf(2904, 64)).toEqual({ outputs: 2904, workgroupSize: 64, workgroups: [46, 1, 1], idle: 40 });
    expect(invocationOf(130, 64)).toEqual({ workgroup: 2, local: 2 });
    expect(bytesRead(100, 1)).toEqual({ alone: 7200, shared: 7200 });
    expect(bytesRead(100, 8).shared).toBeLessThan(7200 / 8);
  });

  test('one matrix turns, and none leaves the picture as it is', () => {
    const bytes = Uint8Array.from({ length: 5 * 5 * 3 }, (_, i) => (i * 37) % 256);
    const shape = [5, 5, 3] as const;
    expect(transformed(bytes, transformOf(NO_CHANGE, 5, 5), shape)).toEqual(bytes);
    const twice = transformed(
      transformed(bytes, transformOf({ ...NO_CHANGE, mirror: true }, 5, 5), shape),
      transformOf({ ...NO_CHANGE, mirror: true }, 5, 5),
      shape,
    );
    expect(twice).toEqual(bytes);
    const [a00, a01, a10, a11] = transformOf({ ...NO_CHANGE, rotation: 30 }, 5, 5);
    expect(a00! * a11! - a01! * a10!).toBeCloseTo(1, 6);
    expect(a00).toBeCloseTo(Math.cos(Math.PI / 6), 6);
  });
});

describe('the lessons', () => {
  let lessons: readonly Lesson[];
  let inspection: Inspection;
  /** The same without dropout, as most steps show it. */
  let still: Inspection;
  let ops: readonly string[];

  beforeAll(async () => {
    // The page's address, which its modules read when they are loaded.
    stubPageGlobals();
    ({ lessons } = await import('../src/studio/page/lessons/index.js'));
    const bytes = readFileSync(join(root, 'data/lesson.safetensors'));
    const model = await compileCheckpoint(readCheckpoint('lesson', bytes), new ReferenceExecutor());
    const [height, width] = model.inputShape as [number, number, number];
    const picture = await loadFile(join(root, 'data/faces/with_mask/5.png'), { height, width, colorMode: 'rgb' });
    const x = Float32Array.from(picture, byte => byte / 255);
    inspection = await inspect(model, x, Float32Array.of(1, 0), { training: true });
    still = await inspect(model, x, Float32Array.of(1, 0), { training: false });
    const source = new ArraySource(x, model.inputShape, Float32Array.of(1, 0), { batchSize: 1 });
    const { graph } = traceModel(model, model.compiled, model.compiled.plans, 'train', source);
    ops = makePlan(graph, { outputs: [], fusions: FUSIONS }).nodes.map(({ op }) => op);
  });

  test('are about ten, each with a name of its own', () => {
    expect(lessons.length).toBeGreaterThanOrEqual(10);
    expect(new Set(lessons.map(({ id }) => id)).size).toBe(lessons.length);
    for (const { id, steps } of lessons) {
      expect(id).toMatch(/^[a-z-]+$/);
      expect(steps.length).toBeGreaterThanOrEqual(3);
      expect(steps[0]!.params?.picture, id).toBe(FACE);
    }
  });

  test('lead to views of the small network that have something to show', () => {
    for (const { id, steps } of lessons) {
      for (const { view, params = {}, title } of steps) {
        const where = `${id}: ${title}`;
        if (params.tensor !== undefined) {
          const shown = params.training === 1 ? inspection : still;
          const tensor = shown.tensors[params.tensor];
          expect(tensor, `${where}: ${params.tensor}`).toBeDefined();
          expect(params.index, where).toBeLessThan(tensor!.data.length);
          if (view === 'number') {
            const terms = explainNumber(shown, `${params.tensor}`, Number(params.index));
            expect(terms.value, where).toBe(tensor!.data[Number(params.index)]);
            // A number that says something.
            expect(terms.value, where).not.toBe(0);
          }
        }
        if (view === 'network' && typeof params.layer === 'number') {
          expect(
            partsOf(params.training === 1 ? inspection : still, params.layer).map(({ part }) => part),
            where,
          ).toContain(params.show);
        }
        if (params.op !== undefined) expect(ops, where).toContain(params.op);
      }
    }
  });

  test('compute a patch in three ways, and each is what the network made', () => {
    const layer = layerIn(still)!;
    expect(layer.name).toBe('conv2d_1');
    const [row, column, filter] = [3, 4, 5];
    const filters = layer.outputShape.at(-1)!;
    const bias = still.tensors['layer2/bias']!.data[filter]!;
    const own = Array.from({ length: OUTPUTS ** 2 }, (_, i) => {
      const place = (row + Math.floor(i / OUTPUTS)) * layer.outputShape[1]! + column + (i % OUTPUTS);
      return still.tensors['layer2/pre_activation']!.data[place * filters + filter]! - bias;
    });
    const ways = patchWays(patchIn(still, layer, row, column, filter));
    expect(ways.map(({ products }) => products)).toEqual([864, 384, 216]);
    for (const { way, outputs, error } of ways) {
      expect(error, way).toBeLessThan(2e-6);
      for (const [i, output] of outputs.entries()) expect(output, way).toBeCloseTo(own[i]!, 5);
    }
  });

  test("read the buffers' own numbers", () => {
    const [units, classes] = inspection.tensors['layer7/kernel']!.shape as [number, number];
    const before = inspection.tensors['layer6/output']!.data.subarray(0, units);
    const kernel = inspection.tensors['layer7/kernel']!.data;
    for (let to = 0; to < classes; to++) {
      const sum = contributionsTo(before, kernel, classes, to).reduce((total, { product }) => total + product, 0);
      expect(sum + inspection.tensors['layer7/bias']!.data[to]!).toBeCloseTo(inspection.tensors.logits!.data[to]!, 4);
    }
    const data = (name: string): ArrayLike<number> => inspection.tensors[name]!.data;
    const shape = inspection.layers[0]!.outputShape as unknown as [number, number, number];
    const buffers = {
      outputGradient: data('layer1/output/gradient'),
      inputGradient: data('layer0/output/gradient'),
      argmax: data('layer1/argmax'),
    };
    let sent = 0;
    for (let index = 0; index < buffers.outputGradient.length; index++) {
      const window = windowGradient(buffers, shape, 2, index);
      expect(window.received).toEqual(
        [0, 1, 2, 3].map(i => (i === window.winner ? window.sent : 0)).map(value => expect.closeTo(value, 10)),
      );
      if (window.sent !== 0) sent++;
    }
    expect(sent).toBeGreaterThan(0);
  });
});

describe('the runs of the lessons', () => {
  /** The last look of a run. */
  async function ran(config: Partial<TinyConfig>): Promise<Look & { readonly weights: number }> {
    let [weights, look]: [number, Look | undefined] = [0, undefined];
    const tell = (event: TinyEvent): void => {
      if (event.type === 'begun') ({ weights } = event);
      if (event.type === 'look') ({ look } = event);
      if (event.type === 'failed') throw new Error(event.message);
    };
    await trainTiny({ ...TINY, ...config }, tell, new AbortController().signal);
    return { ...look!, weights };
  }

  const deadOf = ({ norms }: Look): number[] => norms.dead.slice(0, 2).map(({ share }) => share);

  test('show what the texts say: units die, plain descent hardly moves, pooling saves weights', async () => {
    const [usual, high, highest] = [await ran({}), await ran({ learningRate: 0.03 }), await ran({ learningRate: 0.1 })];
    expect(usual.valAcc).toBeGreaterThan(0.8);
    expect(Math.min(...deadOf(high))).toBeGreaterThan(0.5);
    expect(high.valAcc).toBeGreaterThan(0.8);
    expect(deadOf(highest)).toEqual([1, 1]);
    expect(highest.valLoss).toBeCloseTo(Math.log(2), 1);
    const plain = await ran({ optimizer: 'sgd' });
    expect(plain.valLoss).toBeGreaterThan(0.95 * Math.log(2));
    expect((await ran({ optimizer: 'sgd', learningRate: 0.1 })).valLoss).toBeLessThan(0.5);
    expect((await ran({ pool: 1 })).weights).toBeGreaterThan(10 * usual.weights);
  });

  test('show what dropout and augmentation are good for where there are few pictures', async () => {
    const few = { pictures: 40, epochs: 60 };
    const [bare, dropped, augmented] = [await ran(few), await ran({ ...few, dropout: 0.5 }), await ran({ ...few, augment: true })];
    expect(bare.acc).toBe(1);
    for (const helped of [dropped, augmented]) {
      expect(helped.loss).toBeGreaterThan(bare.loss);
      expect(helped.valLoss).toBeLessThan(0.6 * bare.valLoss);
    }
  });
});
