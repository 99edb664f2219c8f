import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DirectoryOptions, imageDataGenerator } from '../src/data/directory.js';
import type { ImageDataGeneratorOptions } from '../src/data/generator.js';
import type { ImageBatch, ImageIterator } from '../src/data/iterator.js';
import type { TransformParameters } from '../src/data/transform.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { readSafetensors } from '../src/formats/safetensors.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { useGpu } from './helpers/gpu.js';
import { hasShared, shared } from './helpers/shared.js';

const available = hasShared('goldens/augment.json');
if (!available) console.log(`not run: the augmentation goldens need goldens/ in ${shared} (set WGRAD_SHARED)`);

type KerasArguments = Readonly<Record<string, unknown>>;

interface Run {
  readonly class_indices: Record<string, number>;
  readonly files_two_epochs: string[][];
  readonly labels_two_epochs: number[][];
  readonly params_batch0: Record<string, number | null>[];
}

const doc: { variants: Record<string, KerasArguments>; runs: Record<string, Run> } = available
  ? JSON.parse(readFileSync(join(shared, 'goldens/augment.json'), 'utf8'))
  : { variants: {}, runs: {} };
const pixels = available ? readSafetensors('augment.safetensors', readFileSync(join(shared, 'goldens/augment.safetensors'))).tensors : {};

/** Keras' names in camelCase. */
function camelCase<T>(args: KerasArguments): T {
  const names = Object.entries(args).map(([name, value]) => [name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]);
  return Object.fromEntries(names) as T;
}

/** What the GPU makes of a batch. */
async function pixelsOf(gpu: GpuExecutor, iterator: ImageIterator, batch: ImageBatch): Promise<Float32Array> {
  const graph = new Graph();
  const input = iterator.trace(graph);
  const executable = await gpu.prepare(makePlan(graph, { outputs: [input.x] }));
  input.write(executable, batch);
  executable.run({});
  return (await executable.read(input.x)) as Float32Array;
}

describe.skipIf(!available)('augmentation gives what Keras gives', () => {
  const gpu = useGpu();
  test.each(Object.keys(doc.runs))('%s', async key => {
    const [compat, variant, size] = key.split('/') as ['keras-2.9' | 'keras-preprocessing-1.1.2', string, string];
    const [height, width] = size.split('x').map(Number) as [number, number];
    const run = doc.runs[key]!;
    const generator = imageDataGenerator({ ...camelCase<ImageDataGeneratorOptions>(doc.variants[variant]!), compat });
    const iterator = await generator.flowFromDirectory(join(shared, 'goldens/photos'), {
      targetSize: [height, width],
      batchSize: 8,
      seed: 42,
    });
    expect(iterator.classIndices).toEqual(run.class_indices);

    const files: string[][] = [];
    const labels: number[][] = [];
    let first: ReturnType<typeof iterator.batch> | undefined;
    for (let epoch = 0; epoch < 2; epoch++) {
      for (let b = 0; b < iterator.length; b++) {
        const batch = iterator.batch(b);
        first ??= batch;
        files.push(batch.files.map(file => file.replaceAll('\\', '/')));
        labels.push(batch.files.map((_, row) => (batch.labels![2 * row] === 1 ? 0 : 1)));
      }
      iterator.onEpochEnd();
    }
    expect(files).toEqual(run.files_two_epochs);
    expect(labels).toEqual(run.labels_two_epochs);
    run.params_batch0.forEach((wanted, row) => {
      const found = first!.parameters[row]! as TransformParameters;
      for (const name of ['theta', 'tx', 'ty', 'shear', 'zx', 'zy'] as const) expect(found[name]).toBeCloseTo(wanted[name]!, 12);
      expect(Number(found.flipHorizontal)).toBe(Number(wanted.flip_horizontal));
      expect(Number(found.flipVertical)).toBe(Number(wanted.flip_vertical));
    });

    const found = await pixelsOf(gpu(), iterator, first!);
    const wanted = pixels[`${key}/batch0`]!;
    // The golden holds round(value * 255 * 64).
    const far = [...wanted.data].flatMap((value, i) =>
      Math.abs(value / 64 - found[i]! * 255) > 0.05 ? [Math.abs(value / 64 - found[i]! * 255)] : [],
    );
    expect(far).toEqual([]);
  });
});

interface OptionsRun {
  readonly generator: KerasArguments;
  readonly flow: KerasArguments;
  readonly files: string[];
  readonly all_filenames: string[];
  readonly labels: number[] | number[][];
  readonly batches: number;
  readonly mean?: number[];
  readonly std?: number[];
}

describe.skipIf(!available)("the generator's other options give what Keras gives", () => {
  const gpu = useGpu();
  const { pixels: _, ...runs }: Record<string, OptionsRun> = available
    ? JSON.parse(readFileSync(join(shared, 'goldens/options.json'), 'utf8'))
    : {};
  const wanted = available ? readSafetensors('options.safetensors', readFileSync(join(shared, 'goldens/options.safetensors'))).tensors : {};
  test.each(Object.keys(runs))('%s', async key => {
    const { generator: args, flow, ...run } = runs[key]!;
    const photos = join(shared, 'goldens/photos');
    const generator = imageDataGenerator(camelCase<ImageDataGeneratorOptions>(args));
    if (run.mean) {
      const all = await imageDataGenerator().flowFromDirectory(photos, { targetSize: [150, 150], shuffle: false });
      // The golden's photographs were scaled to 0 … 1 and back before, which the float32 sums of so many pixels notice.
      const scale = Math.fround(1 / 255);
      generator.fit(
        Float32Array.from(all.images.bytes, byte => Math.fround(byte * scale) / scale),
        3,
      );
    }
    const iterator = await generator.flowFromDirectory(photos, camelCase<DirectoryOptions>(flow));
    expect(iterator.filenames.map(file => file.replaceAll('\\', '/'))).toEqual(run.all_filenames);
    expect(iterator).toHaveLength(run.batches);
    const batch = iterator.batch(0);
    expect(batch.files.map(file => file.replaceAll('\\', '/'))).toEqual(run.files);
    expect([...batch.labels!.subarray(0, batch.rows * iterator.labelUnits!)]).toEqual(run.labels.flat());
    const found = await pixelsOf(gpu(), iterator, batch);
    const pixelsWanted = wanted[`${key}/batch0`]!.data;
    // 0.05 of 255, in the units of the result: after the rescale, or of the deviation that was divided by.
    const unit = args.rescale ?? (key === 'samplewise' ? 1 / 40 : key === 'featurewise' ? 1 / 78 : 1);
    const worst = [...pixelsWanted].reduce((largest, value, i) => Math.max(largest, Math.abs(value - found[i]!)), 0);
    expect(worst).toBeLessThan(0.05 * Number(unit));
  });
});
