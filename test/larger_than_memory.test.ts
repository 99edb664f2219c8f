import { openSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type DirectoryOptions, imageDataGenerator } from '../src/data/directory.js';
import type { ImageIterator } from '../src/data/iterator.js';
import { PictureFile } from '../src/data/picture_file.js';
import { MemoryPixels, readPixels } from '../src/data/pixels.js';
import { setRandomSeed } from '../src/engine/random.js';
import { conv2d, dense, dropout, flatten } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { nextBatch } from '../src/nn/source.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { byteCount } from '../src/run/values.js';
import { wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';

const SIZE = 20;
/** Of each of the two classes. */
const COUNT = 20;
const BYTES = SIZE * SIZE * 3;
/** Pictures begin here in the cache file of so few. */
const BEGIN = 4096;

let folder = '';
let cache = '';
let notes: string[] = [];
const kept = (): string => join(cache, 'pictures');
const cacheFiles = async (): Promise<string[]> => (await readdir(kept()).catch(() => [])).map(name => join(kept(), name));
const cacheBefore = process.env.WGRAD_CACHE;

beforeAll(async () => {
  folder = await pictureFolder(COUNT, SIZE, 3);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  if (cacheBefore === undefined) delete process.env.WGRAD_CACHE;
  else process.env.WGRAD_CACHE = cacheBefore;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(cache, { recursive: true, force: true });
});

/** Reads the folder with a cache of its own; where memory may hold little, it is larger than memory. */
async function read(options: DirectoryOptions & { readonly from?: string } = {}): Promise<ImageIterator> {
  const { from = folder, ...rest } = options;
  const given = { targetSize: [SIZE, SIZE] as const, batchSize: 6, memory: 1, onNote: (note: string) => notes.push(note), ...rest };
  return imageDataGenerator({ rotationRange: 20, rescale: 1 / 255 }).flowFromDirectory(from, given);
}

async function newCache(): Promise<void> {
  notes = [];
  cache = await mkdtemp(join(tmpdir(), 'wgrad-cache-'));
  process.env.WGRAD_CACHE = cache;
}

/** All batches of two epochs, out of order. */
async function epochs(iterator: ImageIterator): Promise<unknown[]> {
  setRandomSeed(7);
  const order = Array.from({ length: iterator.length }, (_, i) => (3 * i + 1) % iterator.length);
  const found: unknown[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    for (const at of order.keys()) {
      // What it is read from is another thing each time.
      const { pixels: _, images, ...batch } = await nextBatch(iterator, order, at);
      found.push({ ...batch, images: Buffer.from(images).toString('base64') });
    }
    iterator.onEpochEnd();
  }
  await iterator.close();
  return found;
}

async function all(iterator: ImageIterator): Promise<Buffer> {
  const bytes = Buffer.from(await readPixels(iterator.images.pixels));
  await iterator.close();
  return bytes;
}

/** Decodes the folder into its cache file, whole; the file's name. */
async function filled(): Promise<string> {
  await newCache();
  await all(await read({ skipBroken: true }));
  const [file, ...others] = await cacheFiles();
  expect(others).toEqual([]);
  return file!;
}

/** Pictures that a cache file does not have. */
async function absent(file: string): Promise<number> {
  const bytes = await readFile(file);
  return Array.from({ length: 2 * COUNT }, (_, row) => bytes.readUInt32LE(64 + 4 * row)).filter(mark => mark === 0).length;
}

describe('pictures that memory does not hold give the same', () => {
  test.each([undefined, 11])('batches, bytes and draws, cold, from the cache, and decoded each time; seed %s', async seed => {
    await newCache();
    const held = await read({ seed, memory: 1e9 });
    expect(held.images.pixels).toBeInstanceOf(MemoryPixels);
    const wanted = await epochs(held);
    const cold = await read({ seed });
    expect(cold.images.pixels).not.toBeInstanceOf(MemoryPixels);
    expect(await epochs(cold)).toEqual(wanted);
    const [file] = await cacheFiles();
    expect(await absent(file!)).toBe(0);
    for (const options of [{}, { memory: 1e9 }, { cacheSize: 0 }, { skipBroken: true }]) {
      expect(await epochs(await read({ seed, ...options })), JSON.stringify(options)).toEqual(wanted);
    }
  });

  test('weights, also of a run that goes on from the middle of its first epoch', async () => {
    await newCache();
    const train = async (memory: number, stopAfter = Infinity): Promise<unknown> => {
      const model = await small();
      setRandomSeed(3);
      const stop = new AbortController();
      let data = await read({ memory });
      const watched = { onBatchBegin: (batch: number) => void (batch === stopAfter && stop.abort()) };
      const options = { epochs: 2, validationData: data };
      await model.fit(data, { ...options, callbacks: [watched], signal: stop.signal });
      if (stop.signal.aborted) {
        await data.close();
        data = await read({ memory });
        await model.fit(data, { ...options, validationData: data, resume: model.training });
      }
      await data.close();
      const weights = await model.getWeights();
      await model.close();
      return weights;
    };
    const wanted = await train(1e9);
    expect(await train(1)).toEqual(wanted);
    await rm(cache, { recursive: true });
    expect(await train(1, 3)).toEqual(wanted);
  });

  async function small(): Promise<Sequential> {
    const layers = [flatten({ inputShape: [SIZE, SIZE, 3] }), dropout(0.2), dense(2, { activation: 'softmax' })];
    const model = sequential(layers, { seed: 1 });
    await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
    return model;
  }

  test('pictures to two that read at once, each in its own order', async () => {
    await newCache();
    const wanted = await epochs(await read({ memory: 1e9, seed: 5 }));
    const found = await Promise.all([read({ seed: 5 }), read({ seed: 5 })].map(async each => epochs(await each)));
    expect(found).toEqual([wanted, wanted]);
  });

  test('and a batch that is asked for before it is ready says what to wait for', async () => {
    await newCache();
    const iterator = await read({ cacheSize: 0 });
    expect(() => iterator.batch(0)).toThrow(/is not in memory: await ready\(\) before batch\(\)/);
    await iterator.close();
  });
});

describe('of the cache nothing is trusted that is not as it was written', () => {
  test.each<[string, (file: string) => Promise<void>]>([
    ['a torn picture', file => patch(file, BEGIN + 5 * BYTES + 17, Buffer.from([1, 2, 3]))],
    ['a torn mark', file => patch(file, 64 + 4 * 7, Buffer.from([9, 9]))],
    ['a torn header', file => patch(file, 20, Buffer.from([1, 2, 3]))],
    ['a file that was cut off', file => truncate(file, BEGIN + 4 * BYTES)],
    ['a file of something else', file => writeFile(file, 'a diary')],
    ['an empty file', file => writeFile(file, '')],
  ])('%s is made anew', async (_, spoil) => {
    const file = await filled();
    const before = await readFile(file);
    await spoil(file);
    expect(await readFile(file)).not.toEqual(before);
    for (const memory of [1, 1e9]) {
      const found = await all(await read({ memory }));
      expect(found.equals(before.subarray(BEGIN))).toBe(true);
    }
    await all(await read({ skipBroken: true }));
    expect((await readFile(file)).equals(before)).toBe(true);
    expect(notes.filter(note => note.includes('decodes them anew'))).toEqual([]);
  });

  test('a folder in the place of the file keeps nothing, and this is said once', async () => {
    const file = await filled();
    await rm(file);
    await mkdir(join(file, 'inner'), { recursive: true });
    notes = [];
    const wanted = await epochs(await read({ memory: 1e9, seed: 1 }));
    expect(await epochs(await read({ seed: 1 }))).toEqual(wanted);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /^its 40 decoded pictures, .* memory may hold \(--memory\)\. They can't be kept on the disk, so each epoch decodes them anew: /,
    );
  });

  test('a picture that was changed is decoded anew', async () => {
    const file = await filled();
    const copy = await pictureFolder(COUNT, SIZE, 3);
    const [first, second] = [join(copy, 'red', '0.png'), join(copy, 'red', '1.png')];
    const before = await all(await read({ from: copy, skipBroken: true }));
    const { atime, mtime } = await stat(first);
    await writeFile(first, await readFile(second));
    await utimes(first, atime, new Date(mtime.getTime() + 1000));
    const now = await all(await read({ from: copy }));
    expect(now.equals(before)).toBe(false);
    const row = (index: number): Buffer => now.subarray(index * BYTES, (index + 1) * BYTES);
    // The class 'blue' comes first.
    expect(row(COUNT).equals(row(COUNT + 1))).toBe(true);
    expect(await cacheFiles()).toContain(file);
    await rm(copy, { recursive: true });
  });

  test('pictures of one size and date that changed places are decoded anew', async () => {
    await newCache();
    const copy = await pictureFolder(COUNT, SIZE, 3);
    const [first, second] = [join(copy, 'red', '0.png'), join(copy, 'red', '1.png')];
    const length = Math.max((await stat(first)).size, (await stat(second)).size);
    for (const file of [first, second]) {
      // What follows a picture's end is no part of it.
      await truncate(file, length);
      await utimes(file, new Date(1e12), new Date(1e12));
    }
    const before = await all(await read({ from: copy, skipBroken: true }));
    await rename(first, join(copy, 'other'));
    await rename(second, first);
    await rename(join(copy, 'other'), second);
    const now = await all(await read({ from: copy }));
    const row = (bytes: Buffer, index: number): Buffer => bytes.subarray(index * BYTES, (index + 1) * BYTES);
    expect(row(before, COUNT).equals(row(before, COUNT + 1))).toBe(false);
    expect(row(now, COUNT).equals(row(before, COUNT + 1))).toBe(true);
    await rm(copy, { recursive: true });
  });
});

describe('the disk', () => {
  test('keeps no more than --cache-size, and what was used last', async () => {
    const first = await filled();
    const length = (await stat(first)).size;
    await utimes(first, new Date(1e9), new Date(1e9));
    await all(await read({ targetSize: [SIZE, SIZE - 1], skipBroken: true }));
    const second = (await cacheFiles()).find(file => file !== first)!;
    await utimes(second, new Date(2e9), new Date(2e9));
    await all(await read({ skipBroken: true }));
    await all(await read({ targetSize: [SIZE, SIZE - 2], skipBroken: true, cacheSize: 2.5 * length }));
    expect(await cacheFiles()).toHaveLength(2);
    expect(await cacheFiles()).toContain(first);
    await all(await read({ cacheSize: length / 2 }));
    expect(notes.at(-1)).toContain("can't be kept on the disk, so each epoch decodes them anew: --cache-size is ");
  });

  test('that takes nothing more gives the room back, says so once, and pictures are decoded ahead', async () => {
    await newCache();
    const wanted = await epochs(await read({ memory: 1e9, seed: 2 }));
    // Writing to what is open for reading alone fails as writing to a full disk does.
    vi.spyOn(PictureFile.prototype, 'slots', 'get').mockImplementation(function (this: PictureFile) {
      return { fd: openSync(join(folder, 'red', '0.png'), 'r'), size: this.size, marks: this.marks };
    });
    expect(await epochs(await read({ seed: 2 }))).toEqual(wanted);
    expect(notes.filter(note => note.includes('decodes them anew'))).toHaveLength(1);
    expect(await cacheFiles()).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('whose folder may not be written to is no hindrance', async () => {
    await newCache();
    process.env.WGRAD_CACHE = '/proc/none';
    const wanted = await epochs(await read({ memory: 1e9, seed: 2 }));
    expect(await epochs(await read({ seed: 2 }))).toEqual(wanted);
    expect(notes).toHaveLength(1);
  });
});

test('what memory holds is kept where it belongs, also where broken pictures are left out', async () => {
  await newCache();
  const copy = await pictureFolder(COUNT, SIZE, 3);
  await writeFile(join(copy, 'blue', '0.png'), 'none');
  const options = { from: copy, skipBroken: true, memory: 1e9 };
  const wanted = await all(await read({ ...options, cacheSize: 0 }));
  // Only what took long to decode is kept.
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    clock += 2000;
    return clock;
  });
  for (let start = 0; start < 3; start++) expect((await all(await read(options))).equals(wanted)).toBe(true);
  expect(await cacheFiles()).toHaveLength(1);
  await rm(copy, { recursive: true });
});

test('evaluate, predict and explain say the same of pictures that memory does not hold', async () => {
  await newCache();
  const layers = [conv2d(2, 3, { inputShape: [SIZE, SIZE, 3] }), flatten(), dense(2, { activation: 'softmax' })];
  const model = sequential(layers, { seed: 1 });
  await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor: new ReferenceExecutor() });
  const file = join(cache, 'model.safetensors');
  await saveCheckpoint(file, model, { classes: ['blue', 'red'], rescale: 1 / 255 });
  const files = ['blue', 'red'].map(name => join(folder, name, '3.png'));
  const commands = [
    ['evaluate', file, '--data', folder],
    ['predict', file, ...files],
    ['explain', file, files[0]!, '--data', folder, '--out', join(cache, 'out'), '--overwrite'],
  ];
  for (const command of commands) {
    const said: string[] = [];
    for (const memory of ['1G', '1', '1']) {
      const { code, stdout, stderr } = await wgrad([...command, '--device', 'cpu', '--memory', memory], undefined, { WGRAD_CACHE: cache });
      expect(code, stderr).toBe(0);
      expect(stderr.includes('memory may hold (--memory)')).toBe(memory === '1');
      said.push(stdout + (command[0] === 'explain' ? await readFile(join(cache, 'out', 'report.html'), 'utf8') : ''));
    }
    expect(said[0]).not.toBe('');
    expect(said).toEqual([said[0], said[0], said[0]]);
  }
});

describe('broken pictures of a set larger than memory', () => {
  test('are found before the first order is drawn where they are left out, and end the run by name where they are not', async () => {
    await newCache();
    const copy = await pictureFolder(COUNT, SIZE, 3);
    const broken = join(copy, 'red', '13.png');
    await writeFile(broken, (await readFile(broken)).subarray(0, 60));
    const options = { from: copy, seed: 4, skipBroken: true };
    const wanted = await epochs(await read({ ...options, memory: 1e9 }));
    for (let start = 0; start < 2; start++) {
      const iterator = await read(options);
      expect(iterator.samples).toBe(2 * COUNT - 1);
      expect(await epochs(iterator)).toEqual(wanted);
    }
    const [file] = await cacheFiles();
    expect(await absent(file!)).toBe(1);
    const strict = await read({ from: copy });
    await expect(epochs(strict)).rejects.toThrow(/13\.png: .*leave such files out with skipBroken \(--skip-broken\)/);
    await strict.close();
    await rm(copy, { recursive: true });
  });
});

test('a picture that goes away while others are read ends the run by its name, and the process with it', async () => {
  await newCache();
  const copy = await pictureFolder(COUNT, SIZE, 3);
  const model = sequential([flatten({ inputShape: [SIZE, SIZE, 3] }), dense(2, { activation: 'softmax' })], { seed: 1 });
  await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  const network = join(cache, 'network.safetensors');
  await saveCheckpoint(network, model, { classes: ['blue', 'red'], rescale: 1 / 255 });
  // Found in the folder, and not there when it is read.
  await symlink(join(copy, 'gone.png'), join(copy, 'red', '13.png.png'));
  const judged = ['--validation', folder, '--batch-size', '6', '--epochs', '1', '--memory', '1', '--image-size', `${SIZE}x${SIZE}`];
  const command = ['train', '--train', copy, ...judged, '--network', network, '--device', 'cpu', '--out', join(cache, 'out')];
  const { code, stderr } = await wgrad(command, undefined, { WGRAD_CACHE: cache });
  expect(stderr).toMatch(/13\.png\.png: it does not exist\. Remove or repair the file/);
  expect(code).toBe(1);
  await rm(copy, { recursive: true });
});

test.each([
  ['512M', 2 ** 29],
  ['1G', 2 ** 30],
  ['1.5GB', 1.5 * 2 ** 30],
  ['2k', 2048],
  ['0', 0],
  ['1000', 1000],
])('--memory %s is %d bytes', (word, bytes) => {
  expect(byteCount.parse!(word, 'linux')).toBe(bytes);
});

test.each(['', 'M', '-1M', '1 G', '1GHz', '1e3', '99999999T'])("--memory '%s' is refused", word => {
  expect(() => byteCount.parse!(word, 'linux')).toThrow('wanted a count of bytes, as 512M or 1.5G');
});

async function patch(file: string, at: number, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, at);
  await handle.close();
}
