import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageIterator } from '../src/data/iterator.js';
import { loadFile } from '../src/data/load_file.js';
import type { Executor } from '../src/engine/executor.js';
import { makePlan } from '../src/engine/plan.js';
import { RandomState } from '../src/engine/random.js';
import { type Shape, sizeOf } from '../src/engine/shape.js';
import { compileCheckpoint, readCheckpoint } from '../src/formats/checkpoint.js';
import type { Pretence } from '../src/gpu/adapter.js';
import { ArraySource } from '../src/nn/arrays.js';
import { conv2d, dense, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { writeBatch } from '../src/nn/plans.js';
import { namedParameters, tensorOf, traceModel } from '../src/nn/trace.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { hasShared, judgeJson, judges, shared } from './helpers/shared.js';
import { useTunedGpu } from './helpers/tuned.js';

interface Gradient {
  readonly l2: number;
  readonly absmax: number;
  readonly samples: Record<string, number>;
}

type Family = 'logits' | 'probs';

type Exact = Record<string, unknown> & {
  readonly order: string[];
  readonly batch: number;
  readonly weight_checks: Record<string, { first: number[]; sum: number }>;
  readonly probs_before: number[][];
  readonly losses: Record<string, number[]>;
  /** How far Keras' own two kernels part in loss up to each step. */
  readonly apart?: Record<Family, number[]>;
};

/** The same for the photographs: goldens/README.md. */
const KERAS_APART: NonNullable<Exact['apart']> = {
  logits: [6e-8, 6.6e-6, 6.6e-6, 4e-5, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4],
  probs: [0, 5.7e-5, 1.1e-4, 1.1e-4, 1.1e-4, 1.1e-4, 1.1e-4, 7.3e-4, 7.3e-3, 7.3e-3],
};

/** What every adapter has, and nothing else: batches are divided there. */
const LEAST: Pretence = { without: ['subgroups', 'subgroup-size-control', 'timestamp-query'], leastLimits: true, kind: 'GPUs' };

type Kernels = Parameters<typeof useTunedGpu>[0] & {
  /** Sums of products may part five times as far in loss, Winograd's transforms twenty times; less than 1e-5 is never asked for. */
  readonly factor: number;
  readonly norm: number;
  /** Steps at most, whole epochs: what is made for GPUs takes seconds a step on a software adapter. */
  readonly steps?: number;
};

const KERNELS = {
  direct: { direct: true, factor: 5, norm: 1e-5 },
  chosen: { factor: 20, norm: 1e-4 },
  "GPUs'": { pretence: { kind: 'GPUs' }, factor: 20, norm: 1e-4, steps: 4 },
  "least adapter's": { pretence: LEAST, factor: 20, norm: 1e-4, steps: 4 },
} satisfies Record<string, Kernels>;

/** Pictures' pixels, scaled as Keras does: a float32 product. */
async function pixels(paths: readonly string[]): Promise<Float32Array> {
  const rescale = Math.fround(1 / 255);
  const images = await Promise.all(paths.map(path => loadFile(path, { height: 150, width: 150, colorMode: 'rgb' })));
  return Float32Array.from(
    images.flatMap(bytes => [...bytes]),
    byte => byte * rescale,
  );
}

/** Weights within Glorot's limits from numpy's stream, as the goldens have them: layer by layer, row-major, biases 0. */
function numpyWeights(model: Sequential): Record<string, Float32Array> {
  const random = new RandomState(2022);
  const draw = (shape: Shape): Float32Array => {
    const values = new Float32Array(sizeOf(shape));
    if (shape.length === 1) return values;
    const [fanIn, fanOut] = shape.slice(-2).map(length => length * sizeOf(shape.slice(0, -2))) as [number, number];
    const limit = Math.sqrt(6 / (fanIn + fanOut));
    return values.map(() => random.uniform(-limit, limit));
  };
  return Object.fromEntries(model.weightSpecs.map(({ name, shape }) => [name, draw(shape)]));
}

/** The exact network without dropout, with those weights. */
async function exactModel(executor: Executor, from: Family): Promise<Sequential> {
  const layers = [
    conv2d(100, 3, { activation: 'relu', inputShape: [150, 150, 3] }),
    maxPooling2d(2),
    conv2d(100, 3, { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    dense(50, { activation: 'relu' }),
    dense(2, { activation: 'softmax' }),
  ];
  const model = sequential(layers);
  await model.compile({ loss: { name: 'binaryCrossentropy', from }, metrics: ['acc'], executor });
  model.setWeights(numpyWeights(model));
  return model;
}

// The first test of some sizes waits for the tuner to try their kernels.
const PATIENCE = { timeout: 600_000 };

// On adapters where Winograd is chosen, sums of products take many times as long: `npm run test:exact` has them.
const tooSlow = process.env.WGRAD_ADAPTER === 'swiftshader';
const isExact = process.env.MODE === 'exact';
const names = Object.keys(KERNELS) as (keyof typeof KERNELS)[];
const kernelsTried = tooSlow ? (['chosen'] as const) : names.filter(name => isExact || name !== 'direct');

describe.each(kernelsTried)('the exact network with the %s kernels gives what Keras gives', PATIENCE, kernels => {
  const { factor, norm, steps, ...options }: Kernels = KERNELS[kernels];
  const { gpu } = useTunedGpu(options);
  // Otherwise the first step alone, of the faces that every clone has.
  const isWhole = isExact || steps === undefined;
  const families: readonly Family[] = isWhole ? ['logits', 'probs'] : ['logits'];

  describe.each(isWhole ? judges : judges.slice(0, 1))('for $name', judge => {
    const doc = judgeJson<Exact>(judge, 'exact');
    const apart = doc.apart ?? KERAS_APART;
    let source: ArraySource;

    beforeAll(async () => {
      // The paths of the photographs begin with their folder's name.
      const x = await pixels(doc.order.map(path => join(judge.pictures, path.replace(/^photos\//, ''))));
      const labels = Float32Array.from({ length: 2 * doc.order.length }, (_, i) => (Math.floor(i / 2) % 2 === i % 2 ? 1 : 0));
      source = new ArraySource(x, [150, 150, 3], labels, { batchSize: doc.batch, shuffle: false });
    });

    const expectLoss = (family: Family, step: number, difference: number): void => {
      expect(difference, `loss of step ${step + 1}`).toBeLessThan(Math.max(factor * apart[family][step]!, 1e-5));
    };

    /** The network with its training step made ready. */
    async function prepare(family: Family): Promise<Sequential> {
      const model = await exactModel(gpu(), family);
      await model.compiled.plans.get('train', source);
      return model;
    }

    test.for(families)('loss and gradients of the first step, loss from %s', async family => {
      const model = await prepare(family);
      const { compiled } = model;
      const batch = source.batch(0);
      const found = new Map<string, Float32Array>();
      // Two plans: with the gradient of the pictures in it, the first would not be the one that trains.
      for (const wanted of isWhole ? ['variables', 'pictures'] : ['variables']) {
        const traced = traceModel(model, compiled, compiled.plans, 'train', source);
        const names =
          wanted === 'variables'
            ? namedParameters(model, compiled).map(({ name, variable }) => [variable.name, name] as const)
            : [['x', 'input'] as const];
        const outputs = new Map(names.map(([name, of]) => [name, tensorOf(traced, `${of}/gradient`)]));
        const executable = await gpu().prepare(makePlan(traced.graph, { outputs: [...outputs.values()], fusions: FUSIONS }));
        writeBatch(executable, traced, batch, doc.batch);
        executable.run({ rows: doc.batch, slot: 0, rowsBefore: 0, stepSize: 0 });
        for (const [name, gradient] of outputs) found.set(name, (await executable.read(gradient)) as Float32Array);
        executable.release();
      }
      expectLoss(family, 0, Math.abs((await gpu().read(compiled.plans.history))[0]! - doc.losses[family]![0]!));
      const gradients = doc[`${family}.grads`] as Record<string, Gradient>;
      expect([...found.keys()].sort()).toEqual(
        Object.keys(gradients)
          .filter(name => isWhole || name !== 'x')
          .sort(),
      );
      for (const [name, values] of found) {
        const { l2, absmax, samples } = gradients[name]!;
        const foundNorm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
        expect(Math.abs(foundNorm / l2 - 1), `norm of ${name}`).toBeLessThan(norm);
        for (const [i, sample] of Object.entries(samples)) {
          expect(Math.abs(values[Number(i)]! - sample) / absmax, `${name}[${i}]`).toBeLessThan(1e-4);
        }
      }
      await model.close();
    });

    if (!isWhole) return;

    test('weights and predictions', async () => {
      const model = await prepare('logits');
      const weights = await model.getWeights();
      for (const [name, { first, sum }] of Object.entries(doc.weight_checks)) {
        expect([...weights[name]!.subarray(0, 4)], name).toEqual(first.map(Math.fround));
        const found = weights[name]!.reduce((a, b) => a + b, 0);
        expect(found, name).toBeCloseTo(sum, 4);
      }
      const predictions = await model.predict(source.batch(0).x);
      doc.probs_before.flat().forEach((wanted, i) => {
        expect(Math.abs(predictions[i]! - wanted)).toBeLessThan(1e-5);
      });
      await model.close();
    });

    const first = <T>(values: readonly T[]): readonly T[] => values.slice(0, steps);

    test.for(families)('training steps, loss from %s', async family => {
      const model = await prepare(family);
      const wanted = first(doc.losses[family]!);
      const losses: number[] = [];
      const accuracies: number[] = [];
      const watch = {
        onBatchesEnd: (results: readonly { loss: number; correct: number }[]) => {
          losses.push(...results.map(({ loss }) => loss));
          accuracies.push(...results.map(({ correct }) => correct / doc.batch));
        },
      };
      await model.fit(source, { epochs: wanted.length / source.length, shuffle: false, callbacks: [watch] });
      await model.close();
      const differences = losses.map((loss, step) => Math.abs(loss - wanted[step]!));
      console.log(`${kernels}, ${judge.name}, ${family}: losses part from Keras' by ${differences.map(d => d.toExponential(1)).join(' ')}`);
      expect(losses).toHaveLength(wanted.length);
      differences.forEach((difference, step) => {
        expectLoss(family, step, difference);
      });
      expect(accuracies.map(Math.fround)).toEqual(first(doc.losses[`${family}.acc`]!).map(Math.fround));
    });
  });
});

interface Trained {
  readonly accuracy: number;
  readonly 'loss.logits': number;
  readonly 'loss.probs': number;
  readonly predictions: Record<string, [number, number]>;
  readonly photos: Record<string, [number, number]>;
}

describe.skipIf(!hasShared('goldens'))('the trained network predicts what Keras predicts', PATIENCE, () => {
  const { gpu } = useTunedGpu();
  let wanted: Trained;
  beforeAll(async () => {
    wanted = JSON.parse(await readFile(join(shared, 'goldens', 'trained.json'), 'utf8'));
  });
  const load = async () => readCheckpoint('trained.safetensors', await readFile(join(shared, 'goldens', 'trained.safetensors')));

  test('on the 20 PNG photographs', async () => {
    const model = await compileCheckpoint(await load(), gpu());
    const names = Object.keys(wanted.photos);
    const found = await model.predict({ x: await pixels(names.map(name => join(shared, 'goldens', name))), batchSize: 10 });
    Object.values(wanted.photos)
      .flat()
      .forEach((probability, i) => {
        expect(Math.abs(found[i]! - probability), names[Math.floor(i / 2)]).toBeLessThan(1e-4);
      });
    await model.close();
  });

  describe.skipIf(!hasShared('data/face-mask'))('on the 194 test photographs', () => {
    let data: ImageIterator;

    test.each(['logits', 'probs'] as const)('predictions, accuracy and the loss from %s', async from => {
      data ??= await imageDataGenerator({ rescale: 1 / 255 }).flowFromDirectory(join(shared, 'data/face-mask/test'), {
        targetSize: [150, 150],
        batchSize: 10,
        shuffle: false,
      });
      const { model } = await load();
      await model.compile({ loss: { name: 'binaryCrossentropy', from }, metrics: ['acc'], executor: gpu() });
      const found: number[] = [];
      const scores = await model.evaluate(data, { onOutput: rows => found.push(...rows) });
      data.filenames.forEach((name, row) => {
        const probabilities = wanted.predictions[`test/${name.replaceAll('\\', '/')}`]!;
        probabilities.forEach((probability, u) => {
          expect(Math.abs(found[2 * row + u]! - probability), name).toBeLessThan(1e-4);
        });
      });
      expect(scores.acc).toBeCloseTo(wanted.accuracy, 7);
      expect(Math.abs(scores.loss - wanted[`loss.${from}`])).toBeLessThan(1e-5);
      await model.close();
    });
  });
});
