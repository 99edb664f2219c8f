import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import { readSafetensors } from '../src/formats/safetensors.js';
import { conv2d, dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { type GalleryInfo, ROUTES } from '../src/studio/protocol.js';
import { trainingFolders } from './helpers/pictures.js';
import { runCommand } from './helpers/run_command.js';
import { startStudio } from './helpers/studio.js';

const { train, validation, work } = await trainingFolders(6, 5);
const file = join(work, 'grey.safetensors');
const unnamed = join(work, 'unnamed.safetensors');
const pictures = ['blue', 'red'].map(name => join(validation, name, '1.png'));
/** How likely the model says 'red' to be, of each picture of the validation folder. */
let shares: number[] = [];

beforeAll(async () => {
  const layers = [conv2d(3, [3, 3], { activation: 'relu', inputShape: [20, 20, 1] }), flatten(), dense(1, { activation: 'sigmoid' })];
  const model = sequential(layers, { seed: 4 });
  await model.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
  await saveCheckpoint(file, model, { classes: ['blue', 'red'], rescale: 1 / 255 });
  await saveCheckpoint(unnamed, model, {});
  const generator = imageDataGenerator({ rescale: 1 / 255 });
  const flow = { targetSize: [20, 20], colorMode: 'grayscale', shuffle: false } as const;
  shares = [...(await model.predict(await generator.flowFromDirectory(validation, flow)))];
  await model.close();
});

const cpu = (...args: string[]) => runCommand([...args, '--device', 'cpu']);
const confusionOf = (order: readonly [number, number] = [0, 1]): number[][] => {
  const counts = [
    [0, 0],
    [0, 0],
  ];
  for (const [i, share] of shares.entries()) counts[order[i < 5 ? 0 : 1]!]![share > 0.5 ? 1 : 0]! += 1;
  return counts;
};

describe('a model of grey pictures with a single output tells two classes apart', () => {
  test('evaluate', async () => {
    const { code, stdout, stderr } = await cpu('evaluate', file, '--data', validation, '--json');
    expect(code, stderr).toBe(0);
    const { loss, acc, n, confusion } = JSON.parse(stdout);
    const wanted = confusionOf();
    expect([n, confusion, acc]).toEqual([10, wanted, (wanted[0]![0]! + wanted[1]![1]!) / 10]);
    expect(loss).toBeCloseTo(shares.reduce((sum, p, i) => sum - Math.log(i < 5 ? 1 - p : p), 0) / 10, 5);
  });

  test('predict', async () => {
    const { code, stdout, stderr } = await cpu('predict', file, ...pictures, '--json');
    expect(code, stderr).toBe(0);
    for (const [i, line] of stdout.trim().split('\n').entries()) {
      const { label, probs } = JSON.parse(line);
      const red = shares[i === 0 ? 1 : 6]!;
      expect(label).toBe(red > 0.5 ? 'red' : 'blue');
      expect([probs.blue, probs.red]).toEqual([expect.closeTo(1 - red, 6), expect.closeTo(red, 6)]);
    }
  });

  test('explain', async () => {
    const out = join(work, 'explained');
    const { code, stdout, stderr } = await cpu('explain', file, ...pictures, '--data', validation, '--out', out, '--json');
    expect(code, stderr).toBe(0);
    const [first] = stdout.trim().split('\n');
    const { probs, explained, pictures: written } = JSON.parse(first!);
    expect(probs.blue + probs.red).toBeCloseTo(1, 6);
    expect(['blue', 'red']).toContain(explained.class);
    const { data } = PNG.sync.read(await readFile(join(out, written.input)));
    expect(Array.from({ length: 50 }, (_, i) => new Set(data.subarray(4 * i, 4 * i + 3)).size)).toEqual(Array(50).fill(1));
    const report = await readFile(join(out, 'report.html'), 'utf8');
    const counts = [...report.matchAll(/<td class="number(?: wrong)?">(\d+)<\/td>/g)].map(match => Number(match[1]));
    expect(counts).toEqual(confusionOf().flat());
  });

  test('studio', async () => {
    const studio = await startStudio(['studio', file, '--data', validation, '--no-open', '--runs', work, '--device', 'cpu']);
    const page = await studio.connect();
    const { model } = await page.until('model');
    expect([model.classes, model.inputShape]).toEqual([
      ['blue', 'red'],
      [20, 20, 1],
    ]);
    await page.until('data');
    const gallery = JSON.parse(String((await studio.fetch(`${ROUTES.gallery}?set=validation&count=3`)).body)) as GalleryInfo;
    expect(gallery.confusion).toEqual(confusionOf());
    const [{ predicted, probabilities }] = gallery.top as [GalleryInfo['top'][number]];
    expect(probabilities[predicted]).toBeGreaterThanOrEqual(0.5);
    const own = await readFile(pictures[1]!);
    for (const query of ['set=validation&index=7', '']) {
      const { status, body } = await studio.fetch(`${ROUTES.inspect}?${query}`, { method: 'POST', body: own });
      expect(status, String(body.subarray(0, 200))).toBe(200);
    }
    page.close();
    await studio.end();
  });

  test('a run of grey pictures goes on with them', async () => {
    const out = join(work, 'run');
    const run = ['train', '--train', train, '--validation', validation, '--epochs', '1', '--seed', '3', '--image-size', '20x20'];
    const begun = await runCommand([...run, '--color-mode', 'grayscale', '--out', out, '--no-tune']);
    expect(begun.code, begun.stderr).toBe(0);
    const evaluated = await runCommand(['evaluate', join(out, 'last.safetensors'), '--data', validation, '--json', '--no-tune']);
    expect(JSON.parse(evaluated.stdout).n).toBe(10);
    const goOn = ['train', '--train', train, '--validation', validation, '--epochs', '2', '--out', out, '--no-tune'];
    const resumed = await runCommand([...goOn, '--resume', join(out, 'last.safetensors')]);
    expect(resumed.stdout).toContain('epoch 2/2');
    const { tensors } = readSafetensors('last', await readFile(join(out, 'last.safetensors')));
    expect(tensors.get('conv2d.kernel')!.shape).toEqual([3, 3, 1, 100]);
  });
});

describe('a model whose outputs are logits', () => {
  test.each([
    [1, 'binaryCrossentropy', ([z]: number[]) => [1 / (1 + Math.exp(z!)), 1 / (1 + Math.exp(-z!))]],
    [2, 'categoricalCrossentropy', ([a, b]: number[]) => [1 / (1 + Math.exp(b! - a!)), 1 / (1 + Math.exp(a! - b!))]],
  ] as const)('of %i gives probabilities', async (units, name, sharesOf) => {
    const model = sequential([flatten({ inputShape: [20, 20, 1] }), dense(units)], { seed: 2 });
    await model.compile({ loss: { name, from: 'logits' }, executor: new ReferenceExecutor() });
    const path = join(work, `logits${units}.safetensors`);
    await saveCheckpoint(path, model, { classes: ['blue', 'red'], rescale: 1 / 255 });
    const flow = { targetSize: [20, 20], colorMode: 'grayscale', shuffle: false } as const;
    const output = [...(await model.predict(await imageDataGenerator({ rescale: 1 / 255 }).flowFromDirectory(validation, flow)))];
    await model.close();
    const wanted = Array.from({ length: 10 }, (_, i) => sharesOf(output.slice(i * units, (i + 1) * units)));
    const { stdout } = await cpu('predict', path, ...pictures, '--json');
    for (const [i, line] of stdout.trim().split('\n').entries()) {
      const { label, probs } = JSON.parse(line);
      const [blue, red] = wanted[i === 0 ? 1 : 6]!;
      expect([probs.blue, probs.red, label]).toEqual([expect.closeTo(blue!, 5), expect.closeTo(red!, 5), blue! < red! ? 'red' : 'blue']);
    }
    const { confusion } = JSON.parse((await cpu('evaluate', path, '--data', validation, '--json')).stdout);
    const count = (from: number, to: number): number[] => {
      const reds = wanted.slice(from, to).filter(([blue, red]) => red! > blue!).length;
      return [to - from - reds, reds];
    };
    expect(confusion).toEqual([count(0, 5), count(5, 10)]);
  });
});

describe('what a file does not say', () => {
  test('is taken from the folder, from --classes and --rescale, or said to be assumed', async () => {
    const assumed = `${unnamed} does not say what pictures' bytes are multiplied with: 1/255 is taken. --rescale says another.`;
    const named = await cpu('evaluate', unnamed, '--data', validation, '--json');
    expect(JSON.parse(named.stdout).confusion).toEqual(confusionOf());
    expect(named.stderr.split('\n').filter(line => line === assumed)).toHaveLength(1);
    const turned = await cpu('evaluate', unnamed, '--data', validation, '--classes', 'red,blue', '--rescale', '1/255', '--json');
    expect(JSON.parse(turned.stdout).confusion).toEqual(confusionOf([1, 0]));
    expect(turned.stderr).not.toContain('does not say');
    const predicted = await cpu('predict', unnamed, pictures[0]!, '--classes', 'no, yes', '--rescale', '1/255', '--json');
    expect(Object.keys(JSON.parse(predicted.stdout).probs)).toEqual(['no', 'yes']);
    const numbered = await cpu('predict', unnamed, pictures[0]!);
    expect(numbered.stdout).toMatch(/1\.png: class [01] \(/);
  });

  test('and what it says is taken over by them, with a word on it', async () => {
    const { stdout, stderr } = await cpu('predict', file, pictures[0]!, '--classes', 'x,y', '--rescale', '1', '--json');
    expect(stderr).toContain(`${file} has the classes 'blue', 'red': those of --classes are taken in their place.`);
    expect(stderr).toContain(`${file} was trained with bytes times 1/255: --rescale 1 is taken in its place.`);
    expect(Object.keys(JSON.parse(stdout).probs)).toEqual(['x', 'y']);
  });

  test.each<[string[], number, string]>([
    [['--classes', 'a,b,c'], 1, `--classes has 3 names, the network of ${file} tells 2 classes apart`],
    [['--classes', 'a,a'], 2, 'wanted different names with commas between them'],
    [['--rescale', '1/0'], 2, 'wanted a number from -1000000 to 1000000'],
  ])('%j is refused', async (given, code, message) => {
    const outcome = await cpu('predict', file, pictures[0]!, ...given);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
  });

  test('a folder of other classes', async () => {
    const other = await cpu('evaluate', unnamed, '--data', join(import.meta.dirname, '..', 'src'));
    expect(other.stderr).toMatch(/src has \d+ classes, .*; wanted 2, as the network of .*unnamed\.safetensors tells apart/);
    await writeFile(join(work, 'file'), '');
    expect([other.code, (await cpu('evaluate', file, '--data', join(work, 'file'))).code]).toEqual([1, 1]);
  });
});
