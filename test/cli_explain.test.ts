import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Canvas } from '../src/cli/canvas.js';
import { overlayPng, rangeOf, shortNumber, thumbnail } from '../src/cli/explain_pictures.js';
import { reportHtml } from '../src/cli/explain_report.js';
import { syntheticFace } from '../src/data/synthetic.js';
import { RandomState } from '../src/engine/random.js';
import { writeSafetensors } from '../src/formats/safetensors.js';
import { diverging, viridis } from '../src/inspect/colors.js';
import { dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { faceMaskNetwork } from '../src/nn/networks.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { wgrad } from './helpers/cli.js';

const SIZE = 30;
/** What has to be escaped in a page and in a file name. */
const ODD = 'Ärger & Übermut.png';
let work = '';
let faces = '';
let model = '';
let files: string[] = [];

/** A network whose loss and weights are those of its seed, with the classes of the faces. */
async function saveModel(
  path: string,
  network = faceMaskNetwork({ imageSize: [SIZE, SIZE], seed: 5 }),
  classes = ['mask', 'no_mask'],
): Promise<string> {
  await network.compile({ loss: 'binaryCrossentropy', metrics: ['acc'], executor: new ReferenceExecutor() });
  await saveCheckpoint(path, network, { classes, rescale: 1 / 255 });
  await network.close();
  return path;
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'wgrad-explain-'));
  faces = join(work, 'faces');
  const random = new RandomState(2);
  for (const [masked, name] of [
    [true, 'mask'],
    [false, 'no_mask'],
  ] as const) {
    await mkdir(join(faces, name), { recursive: true });
    for (let i = 0; i < 7; i++) {
      const { width, height, data } = syntheticFace(random, masked, SIZE);
      const png = new PNG({ width, height });
      for (let pixel = 0; pixel < width * height; pixel++) png.data.set([...data.subarray(3 * pixel, 3 * pixel + 3), 255], 4 * pixel);
      await writeFile(join(faces, name, i === 0 && masked ? ODD : `${i}.png`), PNG.sync.write(png));
    }
  }
  model = await saveModel(join(work, 'model.safetensors'));
  files = [join(faces, 'mask', ODD), join(faces, 'no_mask', '1.png')];
});
afterAll(() => rm(work, { recursive: true, force: true }));

const explain = (out: string, ...more: string[]) => wgrad(['explain', model, ...files, '--out', join(work, out), '--no-tune', ...more]);

describe('wgrad explain', () => {
  test('writes the pictures of each file and a report that needs nothing else', async () => {
    const { code, stdout, stderr } = await explain('plain');
    expect(code, stderr).toBe(0);
    const names = ['1-Ärger_Übermut', '2-1'].flatMap(stem => ['grad-cam', 'input', 'occlusion'].map(what => `${stem}.${what}.png`));
    expect((await readdir(join(work, 'plain'))).sort()).toEqual([...names, 'report.html'].sort());
    expect(stdout).toContain(`${files[0]}: `);
    expect(stdout).toContain('and 6 pictures.');

    // What the network sees, each pixel a square.
    const input = PNG.sync.read(await readFile(join(work, 'plain', '2-1.input.png')));
    const source = PNG.sync.read(await readFile(files[1]!));
    const scale = input.width / SIZE;
    expect(scale).toBe(14);
    for (const [x, y] of [[0, 0] as const, [29, 3] as const, [13, 17] as const]) {
      const found = input.data.subarray(4 * ((y * scale + 5) * input.width + x * scale + 5)).subarray(0, 3);
      expect([...found]).toEqual([...source.data.subarray(4 * (y * SIZE + x), 4 * (y * SIZE + x) + 3)]);
    }

    const report = await readFile(join(work, 'plain', 'report.html'), 'utf8');
    for (const name of names) expect(report).toContain((await readFile(join(work, 'plain', name))).toString('base64'));
    expect(report).toContain('Ärger &amp; Übermut.png');
    expect(report).not.toMatch(/https?:|<script|<link|url\(|@import/);
    expect(report.match(/<img /g)).toHaveLength(6);
    expect(report.match(/<img src="data:image\/png;base64,[^"]+" alt="[^"]+"/g)).toHaveLength(6);
  });

  test('names in a report are text, whatever they hold', () => {
    const report = reportHtml(
      '<title>',
      [{ file: '<img src=x>"&.png', label: '<b>', probs: new Map([['<b>', 1]]), figures: [], neighbours: [] }],
      undefined,
    );
    expect(report).toContain('&lt;img src=x&gt;&quot;&amp;.png: &lt;b&gt;');
    expect(report).not.toMatch(/<img|<b>|<title><title>/);
  });

  test('with a folder, judges as evaluate does', async () => {
    const { code, stdout, stderr } = await explain('folder', '--data', faces, '--json', '--class', 'mask', '--layer', '0');
    expect(code, stderr).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const { stdout: said } = await wgrad(['predict', model, ...files, '--json', '--no-tune']);
    const predicted = said
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines).toHaveLength(3);
    for (const [i, { file, label, probs, explained, neighbours, pictures }] of lines.slice(0, 2).entries()) {
      expect({ file, label }).toEqual({ file: predicted[i].file, label: predicted[i].label });
      expect(probs.mask).toBeCloseTo(predicted[i].probs.mask, 5);
      expect(explained).toEqual({ class: 'mask', layer: 0 });
      // The picture is in the folder, and is not its own neighbour.
      expect(neighbours.map((near: { file: string }) => near.file)).not.toContain([`mask/${ODD}`, 'no_mask/1.png'][i]);
      expect(neighbours).toHaveLength(6);
      for (const name of Object.values(pictures)) expect(lines[2].files).toContain(name);
    }
    const written = await readdir(join(work, 'folder'));
    expect(written.sort()).toEqual([...lines[2].files].sort());

    const { stdout: evaluated } = await wgrad(['evaluate', model, '--data', faces, '--json', '--no-tune']);
    const { loss, acc, n, confusion } = JSON.parse(evaluated);
    const report = await readFile(join(work, 'folder', 'report.html'), 'utf8');
    expect(report).toContain(`${n} images, loss ${loss.toFixed(4)}, accuracy ${acc.toFixed(4)}.`);
    const counts = [...report.matchAll(/<td class="number(?: wrong)?">(\d+)<\/td>/g)].map(match => Number(match[1]));
    expect(counts).toEqual(confusion.flat());
    const mistakes = confusion[0][1] + confusion[1][0];
    expect(mistakes).toBeGreaterThan(0);
    expect(written).toContain('mistakes.png');
    expect(report).toContain('<h3 class="wrong">');
    // Two files of three pictures and six neighbours, the twelve largest losses, and every picture in its cell.
    expect(report.match(/<img /g)).toHaveLength(2 * 9 + 12 + 14);
  });

  test('a weights-only file is the face-mask network', async () => {
    const network = faceMaskNetwork({ seed: 1 });
    const weights = await network.getWeights();
    const tensors = network.weightSpecs.map(({ name, shape }) => [name, { shape, data: weights[name]! }] as const);
    const path = join(work, 'weights.safetensors');
    await writeFile(path, writeSafetensors({ tensors, metadata: {} }));
    const { code, stdout, stderr } = await wgrad(['explain', path, files[1]!, '--out', join(work, 'weights'), '--no-tune', '--json']);
    expect(code, stderr).toBe(0);
    const [first] = stdout.split('\n').map(line => line && JSON.parse(line));
    expect(Object.keys(first.probs)).toEqual(['with_mask', 'without_mask']);
    expect(first.explained.layer).toBe(2);
    expect(Object.values(first.pictures).sort()).toEqual(
      (await readdir(join(work, 'weights'))).filter(name => name !== 'report.html').sort(),
    );
  });
});

describe('wgrad explain says what is wrong and writes nothing', () => {
  const refused = async (out: string, args: readonly string[], message: string | RegExp): Promise<void> => {
    const { code, stderr, stdout } = await wgrad(['explain', ...args, '--out', join(work, out), '--no-tune', '--device', 'cpu']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
    expect(stdout).not.toContain('Wrote');
    expect(await readdir(join(work, out)).catch(() => [])).toEqual([]);
  };

  test('a missing file, a text named .jpg', async () => {
    await refused('e1', [model, files[0]!, join(work, 'nowhere.jpg')], /nowhere\.jpg: .*does not exist/);
    const text = join(work, 'text.jpg');
    await writeFile(text, 'no picture at all');
    await refused('e2', [model, files[0]!, text], /text\.jpg: it is not an image/);
  });

  test('a wrong model', async () => {
    await refused('e3', [files[0]!, files[0]!], /is not a model file .*: it is a PNG image/);
    await refused('e4', [join(work, 'none.safetensors'), files[0]!], /cannot read .*none\.safetensors: it does not exist/);
    const flat = await saveModel(
      join(work, 'flat.safetensors'),
      sequential([flatten({ inputShape: [8, 8, 3] }), dense(2, { activation: 'softmax' })]),
    );
    await refused('e5', [flat, files[0]!], 'Grad-CAM: the model has no layer of maps');
  });

  test('a layer without maps, a class that is not there, another data set', async () => {
    await refused('e6', [model, files[0]!, '--layer', '6'], /layer 6 \(dense\) gives \[50\], no maps; wanted one of 0 \(conv2d\)/);
    await refused('e7', [model, files[0]!, '--class', 'hat'], "--class is 'hat', the model's classes are 'mask', 'no_mask'");
    const other = join(work, 'other');
    await mkdir(join(other, 'cats'), { recursive: true });
    await writeFile(join(other, 'cats', '1.png'), await readFile(files[1]!));
    await refused('e8', [model, files[0]!, '--data', other], /has the classes 'cats'; wanted those of .*: 'mask', 'no_mask'/);
  });

  test('a folder that cannot be written', async () => {
    const taken = join(work, 'taken');
    await writeFile(taken, '');
    const { code, stderr } = await wgrad(['explain', model, files[0]!, '--out', join(taken, 'out'), '--no-tune', '--device', 'cpu']);
    expect(stderr).toMatch(/cannot write .*taken.*: a part of its path is a file, wanted a folder/);
    expect(code).toBe(1);
  });

  test('a file whose name is taken by a folder: the others are whole, and no halves are left', async () => {
    await mkdir(join(work, 'busy', 'report.html'), { recursive: true });
    const { code, stderr } = await explain('busy', '--overwrite');
    expect(stderr).toMatch(/cannot write .*report\.html/);
    expect(code).toBe(1);
    const written = await readdir(join(work, 'busy'));
    expect(written.filter(name => name.endsWith('.tmp'))).toEqual([]);
    for (const name of written.filter(each => each.endsWith('.png'))) PNG.sync.read(await readFile(join(work, 'busy', name)));
    expect(await readdir(join(work, 'busy', 'report.html'))).toEqual([]);
  });

  test('no --out is wrong usage', async () => {
    expect((await wgrad(['explain', model, files[0]!])).code).toBe(2);
  });
});

describe('overlays', () => {
  const grey = { width: 2, height: 2, data: new Uint8Array(12).fill(100) };

  test('the scale of what has no sign reaches 99 % of it, of what has one its largest value', () => {
    const map = new Float32Array(1000).map((_, i) => i / 1000);
    map[999] = 50;
    expect(rangeOf({ map, height: 10, width: 100, scale: 'viridis' })).toEqual({ low: 0, high: map[989], isCut: true });
    expect(rangeOf({ map, height: 10, width: 100, scale: 'diverging' })).toEqual({ low: -50, high: 50, isCut: false });
    const peak = new Float32Array(1000).fill(3, 0, 1);
    expect(rangeOf({ map: peak, height: 10, width: 100, scale: 'viridis' })).toEqual({ low: 0, high: 3, isCut: false });
    expect(rangeOf({ map: new Float32Array(4), height: 2, width: 2, scale: 'viridis' })).toMatchObject({ low: 0, high: 0 });
  });

  test('colours show the sign and the size, and zero leaves the picture', () => {
    const { data, width } = PNG.sync.read(
      Buffer.from(overlayPng(grey, { map: Float32Array.from([-1, 0, 1, 0]), height: 2, width: 2, scale: 'diverging' })),
    );
    const at = (x: number, y: number): number[] => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
    const [blue, plain, red] = [at(5, 5), at(415, 5), at(5, 415)];
    expect(blue[2]).toBeGreaterThan(blue[0]! + 50);
    expect(red[0]).toBeGreaterThan(red[2]! + 50);
    expect(plain).toEqual([100, 100, 100]);
  });

  test('viridis grows lighter all the way', () => {
    const luma = Array.from({ length: 101 }, (_, i) => {
      const [red, green, blue] = viridis(i / 100);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    for (let i = 1; i < luma.length; i++) expect(luma[i]).toBeGreaterThan(luma[i - 1]!);
    expect(viridis(7)).toEqual([253, 231, 37]);
    expect(diverging(0)).toEqual([255, 255, 255]);
  });

  test('numbers are short, and drawn where they belong', () => {
    expect([0, 1, 0.1234, -12.34, 123.4, 1e-5, 54321].map(shortNumber)).toEqual(['0', '1.0', '0.12', '-12', '123', '1.0e-5', '5.4e+4']);
    const canvas = new Canvas(40, 20);
    canvas.number('1', 40, 0, 'right', 2);
    const { data } = PNG.sync.read(Buffer.from(canvas.toPng()));
    const dark = Array.from({ length: 800 }, (_, i) => i).filter(i => data[4 * i]! < 128);
    // A foot of three, a stem of five and a serif: ten places of four pixels each, in the ten rightmost columns.
    expect(dark).toHaveLength(4 * 10);
    expect(dark.every(i => i % 40 >= 30)).toBe(true);
  });

  test('a thumbnail keeps proportions', () => {
    const wide = { width: 200, height: 50, data: new Uint8Array(30000) };
    expect(thumbnail(wide)).toMatchObject({ width: 96, height: 24 });
  });
});
