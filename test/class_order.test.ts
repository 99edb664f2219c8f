import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import { readCheckpoint } from '../src/formats/checkpoint.js';
import { conv2d, dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { wgrad } from './helpers/cli.js';
import { startStudio } from './helpers/studio.js';

// Names that an object would list in an order of its own, or not keep at all, in Python's order of sorted().
const CLASSES = ['007', '10', '2', '9', '__proto__'];
const COLORS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
  [0, 255, 255],
] as const;
const SIZE = 20;

let work = '';
let folder = '';
/** A checkpoint whose network tells the colours apart. */
let model = '';

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'wgrad-order-'));
  folder = join(work, 'pictures');
  for (const [label, name] of CLASSES.entries()) {
    await mkdir(join(folder, name), { recursive: true });
    const png = new PNG({ width: SIZE, height: SIZE });
    for (let i = 0; i < SIZE * SIZE; i++) png.data.set([...COLORS[label]!, 255], 4 * i);
    await writeFile(join(folder, name, 'a.png'), PNG.sync.write(png));
  }
  const network = sequential([conv2d(3, 1, { inputShape: [SIZE, SIZE, 3] }), flatten(), dense(CLASSES.length, { activation: 'softmax' })]);
  await network.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor: new ReferenceExecutor() });
  const weightsOf = (channel: number): number[] => COLORS.map(color => (color[channel] ? 0.1 : -0.1));
  network.setWeights({
    'conv2d.kernel': [1, 0, 0, 0, 1, 0, 0, 0, 1],
    'conv2d.bias': [0, 0, 0],
    'dense.kernel': Array.from({ length: SIZE * SIZE }, () => [0, 1, 2].flatMap(weightsOf)).flat(),
    'dense.bias': COLORS.map(color => -0.1 * SIZE * SIZE * color.filter(Boolean).length),
  });
  model = join(work, 'colors.safetensors');
  await saveCheckpoint(model, network, { classes: CLASSES, rescale: 1 / 255 });
  await network.close();
});
afterAll(() => rm(work, { recursive: true, force: true }));

const files = (): string[] => CLASSES.map(name => join(folder, name, 'a.png'));
const onCpu = ['--device', 'cpu', '--no-tune'];

test('a library user sees the classes in Keras’ order', async () => {
  const iterator = await imageDataGenerator().flowFromDirectory(folder, { targetSize: [SIZE, SIZE], shuffle: false });
  expect(iterator.classNames).toEqual(CLASSES);
  expect([...iterator.classIndices]).toEqual(CLASSES.map((name, index) => [name, index]));
  expect(iterator.filenames.map((name, i) => [name, iterator.classes[i]])).toEqual(CLASSES.map((name, i) => [join(name, 'a.png'), i]));
  expect(iterator.labelUnits).toBe(5);
});

test('classes that are asked for keep the order in which they are asked for', async () => {
  const generator = imageDataGenerator();
  const options = { targetSize: [SIZE, SIZE], shuffle: false } as const;
  const asked = ['9', '__proto__', '10'];
  const iterator = await generator.flowFromDirectory(folder, { ...options, classes: asked });
  expect(iterator.classNames).toEqual(asked);
  expect([...iterator.classIndices.keys()]).toEqual(asked);
  expect(iterator.filenames).toEqual(asked.map(name => join(name, 'a.png')));
  expect((await generator.flowFromDirectory(folder, { ...options, classes: [] })).classNames).toEqual(CLASSES);
  await expect(generator.flowFromDirectory(folder, { classes: ['9', '2', '9'] })).rejects.toThrow("classes: '9' is in the list twice");
  await expect(generator.flowFromDirectory(folder, { classes: ['9', ''] })).rejects.toThrow('classes: a name in the list is empty');
});

test('predict and evaluate name each class by its place', async () => {
  const [told, json, evaluated] = await Promise.all([
    wgrad(['predict', model, ...onCpu, ...files()]),
    wgrad(['predict', model, '--json', ...onCpu, ...files()]),
    wgrad(['evaluate', model, '--data', folder, ...onCpu]),
  ]);
  expect(told.stdout.trim().split('\n')).toEqual(CLASSES.map(name => `${join(folder, name, 'a.png')}: ${name} (100.0 %)`));
  for (const [i, line] of json.stdout.trim().split('\n').entries()) {
    expect(JSON.parse(line).label).toBe(CLASSES[i]);
    // As the line has it: JSON.parse() sorts names like '9' anew.
    expect([...line.matchAll(/"([^"]+)":[\d.e-]+/g)].map(([, name]) => name)).toEqual(CLASSES);
  }
  const [head, ...rows] = evaluated.stdout
    .trim()
    .split('\n')
    .slice(2, 3 + CLASSES.length);
  expect(head!.split(/ {2,}/).slice(1)).toEqual(CLASSES);
  expect(rows.map(row => row.split(/ +/))).toEqual(CLASSES.map((name, i) => [name, ...CLASSES.map((_, j) => (i === j ? '1' : '0'))]));
});

test('explain reports them in their order', async () => {
  const out = join(work, 'report');
  const { code, stdout, stderr } = await wgrad(['explain', model, files()[3]!, '--out', out, '--data', folder, '--class', '10', ...onCpu]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(`${files()[3]}: 9 (100.0 %)`);
  const report = await readFile(join(out, 'report.html'), 'utf8');
  const [probabilities] = /<table>.*?<\/table>/s.exec(report)!;
  expect([...probabilities.matchAll(/<th scope="row">(.*?)<\/th>/g)].map(([, name]) => name)).toEqual(CLASSES);
  expect(report).toContain('is 9, predicted 9: 1');
});

test('train writes them as a list, and goes on', async () => {
  const out = join(work, 'run');
  const args = ['train', '--train', folder, '--validation', folder, '--image-size', `${SIZE}x${SIZE}`, '--out', out, ...onCpu];
  const begun = await wgrad([...args, '--batch-size', '5', '--epochs', '1']);
  expect(begun.code, begun.stderr).toBe(0);
  const last = join(out, 'last.safetensors');
  expect(readCheckpoint(last, await readFile(last)).extra.classes).toEqual(CLASSES);
  const resumed = await wgrad([...args, '--resume', last, '--epochs', '2']);
  expect(resumed.code, resumed.stderr).toBe(0);
});

test('classes with a slash or a comma in their names are not taken for two', async () => {
  const other = join(work, 'other');
  for (const name of ['007', '10, 2', '9', '__proto__']) await mkdir(join(other, name), { recursive: true });
  await writeFile(join(other, '9', 'a.png'), await readFile(files()[3]!));
  const { code, stderr } = await wgrad(['evaluate', model, '--data', other, ...onCpu]);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `${other} has the classes '007', '10, 2', '9', '__proto__'; wanted those of ${model}: '007', '10', '2', '9', '__proto__'`,
  );
});

test('the studio lists them so', async () => {
  const studio = await startStudio(['studio', model, '--data', folder, '--runs', work, '--no-open', '--no-tune', '--device', 'cpu']);
  const page = await studio.connect();
  const { data } = await page.until('data');
  expect(data.classes).toEqual(CLASSES);
  expect(data.sets.map(({ counts }) => counts)).toEqual([[1, 1, 1, 1, 1]]);
  expect((await page.until('model')).model.classes).toEqual(CLASSES);
  page.close();
  await studio.end();
});
