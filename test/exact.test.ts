import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageIterator } from '../src/data/iterator.js';
import { loadFile } from '../src/data/load_file.js';
import { makePlan } from '../src/engine/plan.js';
import { compileCheckpoint, readCheckpoint } from '../src/formats/checkpoint.js';
import { ArraySource } from '../src/nn/arrays.js';
import { conv2d, dense, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { traceModel } from '../src/nn/plans.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { gradients } from '../src/ops/gradients.js';
import { hasShared, shared } from './helpers/shared.js';
import { useTunedGpu } from './helpers/tuned.js';

const available = hasShared('goldens/exact.json');
if (!available) console.log(`not run: the exact-size goldens need goldens/ in ${shared} (set WGRAD_SHARED)`);

const golden = <T>(name: string): T => JSON.parse(readFileSync(join(shared, 'goldens', name), 'utf8')) as T;

interface Gradient {
  readonly l2: number;
  readonly absmax: number;
  readonly samples: Record<string, number>;
}

type Exact = Record<string, unknown> & {
  readonly order: string[];
  readonly weight_checks: Record<string, { first: number[]; sum: number }>;
  readonly probs_before: number[][];
  readonly losses: Record<string, number[]>;
};

/** How far Keras' own two kernels part in loss up to each of 10 steps: goldens/README.md. */
const KERAS_APART = {
  logits: [6e-8, 6.6e-6, 6.6e-6, 4e-5, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4],
  probs: [0, 5.7e-5, 1.1e-4, 1.1e-4, 1.1e-4, 1.1e-4, 1.1e-4, 7.3e-4, 7.3e-3, 7.3e-3],
};

/** Chosen kernels, Winograd included, may part 20 times as far, and are never asked for less than 1e-5. */
const allowed = (family: 'logits' | 'probs', step: number): number => Math.max(20 * KERAS_APART[family][step]!, 1e-5);

const gpu = useTunedGpu();

/** The photographs' pixels, scaled as Keras does: a float32 product. */
async function pixels(paths: readonly string[]): Promise<Float32Array> {
  const rescale = Math.fround(1 / 255);
  const images = await Promise.all(paths.map(path => loadFile(path, { height: 150, width: 150, colorMode: 'rgb' })));
  return Float32Array.from(
    images.flatMap(bytes => [...bytes]),
    byte => byte * rescale,
  );
}

/** The exact network without dropout, with the golden's weights. */
async function exactModel(from: 'logits' | 'probs'): Promise<Sequential> {
  const layers = [
    conv2d(100, 3, { activation: 'relu', inputShape: [150, 150, 3] }),
    maxPooling2d(2),
    conv2d(100, 3, { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    dense(50, { activation: 'relu' }),
    dense(2, { activation: 'softmax' }),
  ];
  const model = sequential(layers, { seed: 2022 });
  await model.compile({ loss: { name: 'binaryCrossentropy', from }, metrics: ['acc'], executor: gpu() });
  return model;
}

describe.skipIf(!available)('the exact network gives what Keras gives', () => {
  const doc = available ? golden<Exact>('exact.json') : ({ order: [] } as unknown as Exact);
  const labels = Float32Array.from({ length: 40 }, (_, i) => (Math.floor(i / 2) % 2 === i % 2 ? 1 : 0));

  const source = async (): Promise<ArraySource> => {
    const x = await pixels(doc.order.map(path => join(shared, 'goldens', path)));
    return new ArraySource(x, [150, 150, 3], labels, { batchSize: 10, shuffle: false });
  };

  test('weights from the seed', async () => {
    const model = await exactModel('logits');
    const weights = await model.getWeights();
    for (const [name, { first, sum }] of Object.entries(doc.weight_checks)) {
      expect([...weights[name]!.subarray(0, 4)], name).toEqual(first.map(Math.fround));
      expect(
        weights[name]!.reduce((a, b) => a + b, 0),
        name,
      ).toBeCloseTo(sum, 4);
    }
    const predictions = await model.predict((await source()).batch(0).x);
    doc.probs_before.flat().forEach((wanted, i) => {
      expect(Math.abs(predictions[i]! - wanted)).toBeLessThan(1e-5);
    });
    await model.close();
  });

  test.each(['logits', 'probs'] as const)('first gradients, loss from %s', async family => {
    const model = await exactModel(family);
    const data = await source();
    const {
      graph,
      input,
      labels: wanted,
      loss,
      gradients: found,
    } = traceModel(model, model.compiled, model.compiled.plans.history, 'train', data);
    const [dX] = gradients(graph, loss!, [input.x]);
    const outputs = new Map([...found, ['x', dX!]]);
    const executable = await gpu().prepare(makePlan(graph, { outputs: [...outputs.values()], fusions: FUSIONS }));
    const batch = data.batch(0);
    input.write(executable, batch);
    executable.write(wanted!, batch.labels!);
    executable.run({ rows: 10, slot: 0, step: 1, stepSize: 0 });
    for (const [name, { l2, absmax, samples }] of Object.entries(doc[`${family}.grads`] as Record<string, Gradient>)) {
      const values = (await executable.read(outputs.get(name)!)) as Float32Array;
      const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
      expect(Math.abs(norm / l2 - 1), `norm of ${name}`).toBeLessThan(1e-4);
      for (const [i, sample] of Object.entries(samples)) {
        expect(Math.abs(values[Number(i)]! - sample) / absmax, `${name}[${i}]`).toBeLessThan(1e-4);
      }
    }
    executable.release();
    await model.close();
  });

  test.each(['logits', 'probs'] as const)('10 training steps, loss from %s', async family => {
    const model = await exactModel(family);
    const losses: number[] = [];
    const accuracies: number[] = [];
    const watch = {
      onBatchesEnd: (results: readonly { loss: number; correct: number }[]) => {
        losses.push(...results.map(({ loss }) => loss));
        accuracies.push(...results.map(({ correct }) => correct / 10));
      },
    };
    await model.fit(await source(), { epochs: 5, shuffle: false, callbacks: [watch] });
    const apart = losses.map((loss, step) => Math.abs(loss - doc.losses[family]![step]!));
    console.log(`${family}: losses part from Keras' by ${apart.map(difference => difference.toExponential(1)).join(' ')}`);
    expect(losses).toHaveLength(10);
    apart.forEach((difference, step) => {
      expect(difference, `loss of step ${step + 1}`).toBeLessThan(allowed(family, step));
    });
    expect(accuracies.map(Math.fround)).toEqual(doc.losses[`${family}.acc`]!.map(Math.fround));
    await model.close();
  });
});

interface Trained {
  readonly accuracy: number;
  readonly 'loss.logits': number;
  readonly 'loss.probs': number;
  readonly predictions: Record<string, [number, number]>;
  readonly photos: Record<string, [number, number]>;
}

describe.skipIf(!available)('the trained network predicts what Keras predicts', () => {
  const wanted = available ? golden<Trained>('trained.json') : undefined;
  const load = async () => readCheckpoint('trained.safetensors', await readFile(join(shared, 'goldens', 'trained.safetensors')));

  test('on the 20 PNG photographs', async () => {
    const model = await compileCheckpoint(await load(), gpu());
    const names = Object.keys(wanted!.photos);
    const found = await model.predict({ x: await pixels(names.map(name => join(shared, 'goldens', name))), batchSize: 10 });
    Object.values(wanted!.photos)
      .flat()
      .forEach((probability, i) => {
        expect(Math.abs(found[i]! - probability), names[Math.floor(i / 2)]).toBeLessThan(1e-4);
      });
    await model.close();
  });

  const photographs = hasShared('data/face-mask/test');
  if (!photographs) console.log(`not run: the trained network's predictions need data/face-mask in ${shared}`);

  describe.skipIf(!photographs)('on the 194 test photographs', () => {
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
        const probabilities = wanted!.predictions[`test/${name.replaceAll('\\', '/')}`]!;
        probabilities.forEach((probability, u) => {
          expect(Math.abs(found[2 * row + u]! - probability), name).toBeLessThan(1e-4);
        });
      });
      expect(scores.acc).toBeCloseTo(wanted!.accuracy, 7);
      expect(Math.abs(scores.loss - wanted![`loss.${from}`])).toBeLessThan(1e-5);
      await model.close();
    });
  });
});
