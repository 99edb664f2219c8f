import { describe, expect, test } from 'vitest';
import { type DirectoryOptions, imageDataGenerator } from '../src/data/directory.js';
import type { ImageDataGeneratorOptions } from '../src/data/generator.js';
import type { ImageBatch, ImageIterator } from '../src/data/iterator.js';
import { readPixels } from '../src/data/pixels.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { useGpu } from './helpers/gpu.js';
import { judgeJson, judges, judgeTensors } from './helpers/shared.js';
import { camelCase } from './helpers/words.js';

type KerasArguments = Readonly<Record<string, unknown>>;

interface Run {
  readonly class_indices: Record<string, number>;
  readonly files_two_epochs: string[][];
  readonly labels_two_epochs: number[][];
  readonly params_batch0: Record<string, number | null>[];
}

/** Our names of what Keras draws for an image. */
const PARAMETERS = {
  theta: 'theta',
  tx: 'tx',
  ty: 'ty',
  shear: 'shear',
  zx: 'zx',
  zy: 'zy',
  flip_horizontal: 'flipHorizontal',
  flip_vertical: 'flipVertical',
  channel_shift_intensity: 'channelShiftIntensity',
  brightness: 'brightness',
} as const;

/** Names of files as Keras has them on every system. */
const slashes = (files: readonly string[]): string[] => files.map(file => file.replaceAll('\\', '/'));

/** What the GPU makes of a batch. */
async function pixelsOf(gpu: GpuExecutor, iterator: ImageIterator, batch: ImageBatch): Promise<Float32Array> {
  const graph = new Graph();
  const input = iterator.trace(graph);
  const executable = await gpu.prepare(makePlan(graph, { outputs: [input.x] }));
  input.write(executable, batch);
  executable.run({});
  return (await executable.read(input.x)) as Float32Array;
}

describe.each(judges)('augmentation gives what Keras gives: $name', judge => {
  const gpu = useGpu();
  const doc = judgeJson<{ variants: Record<string, KerasArguments>; runs: Record<string, Run> }>(judge, 'augment');
  const pixels = judgeTensors(judge, 'augment');
  test.each(Object.keys(doc.runs))('%s', async key => {
    const [compat, variant, size] = key.split('/') as ['keras-2.9' | 'keras-preprocessing-1.1.2', string, string];
    const [height, width] = size.split('x').map(Number) as [number, number];
    const run = doc.runs[key]!;
    const generator = imageDataGenerator({ ...camelCase<ImageDataGeneratorOptions>(doc.variants[variant]!), compat });
    const iterator = await generator.flowFromDirectory(judge.pictures, { targetSize: [height, width], batchSize: 8, seed: 42 });
    expect(Object.fromEntries(iterator.classIndices)).toEqual(run.class_indices);

    const files: string[][] = [];
    const labels: number[][] = [];
    let first: ReturnType<typeof iterator.batch> | undefined;
    for (let epoch = 0; epoch < 2; epoch++) {
      for (let b = 0; b < iterator.length; b++) {
        const batch = iterator.batch(b);
        first ??= batch;
        files.push(slashes(batch.files));
        labels.push(batch.files.map((_, row) => (batch.labels![2 * row] === 1 ? 0 : 1)));
      }
      iterator.onEpochEnd();
    }
    expect(files).toEqual(run.files_two_epochs);
    expect(labels).toEqual(run.labels_two_epochs);
    run.params_batch0.forEach((wanted, row) => {
      const found = first!.parameters[row]!;
      for (const [theirs, ours] of Object.entries(PARAMETERS)) {
        const value = found[ours as keyof typeof found];
        // Keras leaves out what it does not draw.
        if (wanted[theirs] == null) expect(value, ours).toBeUndefined();
        else expect(Math.abs(Number(value) - Number(wanted[theirs])), `${ours} of image ${row}`).toBeLessThan(1e-12);
      }
    });

    // The reference holds round(value * 255 * 64). Every value is as near as it allows: none needs its exception for seams of the fill.
    const found = await pixelsOf(gpu(), iterator, first!);
    const wanted = pixels.get(`${key}/batch0`)!.data;
    const far = Array.from(wanted, (value, i) => Math.abs(value / 64 - found[i]! * 255)).filter(difference => !(difference <= 0.05));
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

describe.each(judges)("the generator's other options give what Keras gives: $name", judge => {
  const gpu = useGpu();
  const { pixels: _, ...runs } = judgeJson<Record<string, OptionsRun>>(judge, 'options');
  const wanted = judgeTensors(judge, 'options');

  /** 0.05 of 255 in the units of an image: after the rescale, or of the deviation that it was divided by. */
  async function toleranceOf(run: OptionsRun): Promise<number> {
    if (run.std) return 0.05 / Math.max(...run.std);
    if (!run.generator.samplewise_std_normalization) return 0.05 * Number(run.generator.rescale ?? 1);
    const { samplewise_std_normalization: _std, samplewise_center: _center, ...args } = run.generator;
    const iterator = await imageDataGenerator(camelCase<ImageDataGeneratorOptions>(args)).flowFromDirectory(
      judge.pictures,
      camelCase<DirectoryOptions>(run.flow),
    );
    const pixels = await pixelsOf(gpu(), iterator, iterator.batch(0));
    const mean = pixels.reduce((a, b) => a + b, 0) / pixels.length;
    return 0.05 / Math.sqrt(pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length);
  }

  test.each(Object.keys(runs))('%s', async key => {
    const run = runs[key]!;
    const flow = camelCase<DirectoryOptions>(run.flow);
    const generator = imageDataGenerator(camelCase<ImageDataGeneratorOptions>(run.generator));
    if (run.mean) {
      const all = await imageDataGenerator().flowFromDirectory(judge.pictures, { targetSize: flow.targetSize!, shuffle: false });
      // The photographs' pixels were scaled to 0 … 1 and back before, which the float32 sums of so many notice.
      const scale = judge.name === 'photographs' ? Math.fround(1 / 255) : 1;
      generator.fit(
        Float32Array.from(await readPixels(all.images.pixels), byte => Math.fround(byte * scale) / scale),
        3,
      );
    }
    const iterator = await generator.flowFromDirectory(judge.pictures, flow);
    expect(slashes(iterator.filenames)).toEqual(run.all_filenames);
    expect(iterator).toHaveLength(run.batches);
    const batch = iterator.batch(0);
    expect(slashes(batch.files)).toEqual(run.files);
    expect([...batch.labels!.subarray(0, batch.rows * iterator.labelUnits!)]).toEqual(run.labels.flat());
    const found = await pixelsOf(gpu(), iterator, batch);
    const tolerance = await toleranceOf(run);
    const differences = Array.from(wanted.get(`${key}/batch0`)!.data, (value, i) => Math.abs(value - found[i]!));
    expect(differences.filter(difference => !(difference < tolerance))).toEqual([]);
  });
});
