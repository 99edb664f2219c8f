import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import { imageDataGenerator } from '../src/data/directory.js';
import type { Row } from '../src/data/table.js';
import { setRandomSeed } from '../src/engine/random.js';
import { dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { adam } from '../src/nn/optimizers.js';
import { packageRoot } from '../src/node/paths.js';
import { useGpu } from './helpers/gpu.js';
import { fixtureJson } from './helpers/shared.js';

interface Case {
  readonly name: string;
  readonly y: string | readonly string[];
  readonly weights: string | null;
  readonly split: number | null;
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly evaluated: Readonly<Record<string, number>>;
  readonly learned: readonly (readonly number[])[];
}

const { rows, cases } = fixtureJson<{ readonly rows: readonly Row[]; readonly cases: readonly Case[] }>('dataframe_fit.json');
const gpu = useGpu();

/** The rows as a file that pandas would write. */
const csv = (): string =>
  [
    Object.keys(rows[0]!),
    ...rows.map(row => Object.values(row).map(value => (value === true ? 'True' : value === false ? 'False' : value))),
  ]
    .map(cells => cells.join(','))
    .join('\n');

test.each(
  cases.flatMap(each => [
    { ...each, from: 'rows' },
    { ...each, from: 'a file' },
  ]),
)('numbers of a table are learned as Keras learns them: $name, from $from', async ({ y, weights, split, from, ...wanted }) => {
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-numbers-'));
  const file = join(folder, 'numbers.csv');
  await writeFile(file, csv());
  const flow = (subset: 'training' | 'validation') =>
    imageDataGenerator({ rescale: 1 / 255, horizontalFlip: true, validationSplit: split ?? undefined }).flowFromDataframe(
      from === 'rows' ? rows : file,
      {
        directory: join(packageRoot, 'data/faces'),
        classMode: 'raw',
        yCol: y,
        weightCol: weights ?? undefined,
        targetSize: [4, 4],
        batchSize: 5,
        seed: 3,
        subset: split === null ? undefined : subset,
      },
    );
  const units = typeof y === 'string' ? 1 : y.length;
  const model = sequential([flatten({ inputShape: [4, 4, 3] }), dense(units)]);
  const [kernel, bias] = Object.keys(await model.getWeights()) as [string, string];
  model.setWeights({
    [kernel]: Float32Array.from({ length: 48 * units }, (_, at) => (((7 * Math.floor(at / units) + 3 * (at % units)) % 11) - 5) / 32),
    [bias]: new Float32Array(units),
  });
  await model.compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'meanSquaredError', metrics: ['mae'], executor: gpu() });
  const [data, validationData] = [await flow('training'), split === null ? undefined : await flow('validation')];
  setRandomSeed(9);
  const { history } = await model.fit(data, { validationData, epochs: 3 });
  const near = (found: ArrayLike<number>, values: readonly number[], what: string): void =>
    expect(compare(Float32Array.from(found), Float32Array.from(values)).error, what).toBeLessThan(1e-5);
  for (const [name, values] of Object.entries(wanted.history)) near(history[name]!, values, name);
  const { loss, mae } = await model.evaluate(await flow('validation'));
  near([loss, mae!], [wanted.evaluated.loss!, wanted.evaluated.mae!], 'evaluated');
  Object.values(await model.getWeights()).forEach((values, i) => {
    near(values, wanted.learned[i]!, `weights ${i}`);
  });
  await model.close();
  await rm(folder, { recursive: true });
});
