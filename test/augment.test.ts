import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageDataGeneratorOptions } from '../src/data/generator.js';
import type { TransformParameters } from '../src/data/transform.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { readSafetensors } from '../src/formats/safetensors.js';
import type { FillMode } from '../src/ops/augment.js';
import { useGpu } from './helpers/gpu.js';
import { hasShared, shared } from './helpers/shared.js';

const available = hasShared('goldens/augment.json');
if (!available) console.log(`not run: the augmentation goldens need goldens/ in ${shared} (set WGRAD_SHARED)`);

interface KerasArguments {
  readonly rescale: number;
  readonly rotation_range?: number;
  readonly width_shift_range?: number;
  readonly height_shift_range?: number;
  readonly shear_range?: number;
  readonly zoom_range?: number | [number, number];
  readonly horizontal_flip?: boolean;
  readonly vertical_flip?: boolean;
  readonly fill_mode?: FillMode;
  readonly cval?: number;
}

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

function optionsOf(args: KerasArguments): ImageDataGeneratorOptions {
  const names: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) names[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())] = value;
  return names as ImageDataGeneratorOptions;
}

describe.skipIf(!available)('augmentation gives what Keras gives', () => {
  const gpu = useGpu();
  const runs = Object.keys(doc.runs).filter(key => !key.includes('channel-brightness'));
  test.each(runs)('%s', async key => {
    const [compat, variant, size] = key.split('/') as ['keras-2.9' | 'keras-preprocessing-1.1.2', string, string];
    const [height, width] = size.split('x').map(Number) as [number, number];
    const run = doc.runs[key]!;
    const generator = imageDataGenerator({ ...optionsOf(doc.variants[variant]!), compat });
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

    const graph = new Graph();
    const input = iterator.trace(graph);
    const executable = await gpu().prepare(makePlan(graph, { outputs: [input.x] }));
    input.write(executable, first!);
    executable.run({});
    const found = await executable.read(input.x);
    const wanted = pixels[`${key}/batch0`]!;
    // The golden holds round(value * 255 * 64).
    const worst = [...wanted.data].reduce((largest, value, i) => Math.max(largest, Math.abs(value / 64 - found[i]! * 255)), 0);
    expect(worst).toBeLessThan(0.05);
  });
});
