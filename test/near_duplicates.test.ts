import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jpeg from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HashIndex } from '../src/data/hash_index.js';
import type { ImageSet } from '../src/data/iterator.js';
import { loadImages } from '../src/data/load.js';
import { nearDuplicates, nearSignatures, withoutImages } from '../src/data/near_duplicates.js';
import { countOnes, type Hash, hashOf, mirroredHash } from '../src/data/perceptual_hash.js';
import { MemoryPixels, readPixels } from '../src/data/pixels.js';
import { fitImage } from '../src/data/resize.js';
import { SIGNATURE_SIZE, signatureOf } from '../src/data/signature.js';
import { syntheticFace } from '../src/data/synthetic.js';
import { RandomState } from '../src/engine/random.js';
import { setNotes } from '../src/nn/notes.js';
import { drawFaceFolders } from '../src/run/draw_faces.js';
import { withoutDuplicates } from '../src/run/duplicates.js';
import { wgrad } from './helpers/cli.js';
import { hasShared, shared } from './helpers/shared.js';

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const SIZE = 96;

const fitted = ({ width, height, data }: Picture, size = SIZE): Picture =>
  fitImage({ width, height, channels: 3, data }, 'rgb', { width: size, height: size }, 'bilinear');

const setOf = (pictures: readonly Picture[]): ImageSet => ({
  pixels: new MemoryPixels(new Uint8Array(Buffer.concat(pictures.map(picture => fitted(picture).data))), 3 * SIZE ** 2),
  height: SIZE,
  width: SIZE,
  channels: 3,
  classes: pictures.map(() => 0),
  classNames: ['face'],
  filenames: pictures.map((_, i) => `${i}.png`),
});

const faces = (first: number, count: number, masked: boolean, size = SIZE): Picture[] =>
  Array.from({ length: count }, (_, i) => syntheticFace(new RandomState(first + i), masked, size));

const map = (picture: Picture, give: (x: number, y: number, channel: number) => number): Picture => {
  const data = new Uint8ClampedArray(picture.data.length);
  data.forEach((_, i) => {
    const pixel = Math.floor(i / 3);
    data[i] = give(pixel % picture.width, Math.floor(pixel / picture.width), i % 3);
  });
  return { ...picture, data: new Uint8Array(data.buffer) };
};

const at = ({ data, width }: Picture, x: number, y: number, channel: number): number => data[3 * (y * width + x) + channel]!;

function encoded(picture: Picture, quality: number): Picture {
  const data = Buffer.alloc(4 * picture.width * picture.height, 255);
  for (let i = 0; i < picture.data.length; i++) data[4 * Math.floor(i / 3) + (i % 3)] = picture.data[i]!;
  const { data: bytes, width, height } = jpeg.encode({ data, width: picture.width, height: picture.height }, quality);
  const decoded = jpeg.decode(bytes, { formatAsRGBA: false, useTArray: true });
  return { width, height, data: decoded.data as Uint8Array };
}

/** Without a margin on each side. */
function cut(picture: Picture, margin: number): Picture {
  const side = picture.width - 2 * margin;
  const smaller = { width: side, height: side, data: new Uint8Array(3 * side ** 2) };
  return map(smaller, (x, y, channel) => at(picture, x + margin, y + margin, channel));
}

const noise = new RandomState(4);

const CHANGES: readonly (readonly [string, (picture: Picture) => Picture, number])[] = [
  ['JPEG of quality 90', each => encoded(each, 90), 1],
  ['JPEG of quality 30', each => encoded(each, 30), 1],
  ['a third of the size', each => fitted(each, 64), 1],
  ['mirrored', each => map(each, (x, y, channel) => at(each, each.width - 1 - x, y, channel)), 1],
  ['darker by a fifth', each => map(each, (x, y, channel) => 0.8 * at(each, x, y, channel)), 1],
  ['noise', each => map(each, (x, y, channel) => at(each, x, y, channel) + noise.uniform(-25, 25)), 1],
  ['2 % cut off', each => cut(each, 2), 0.9],
  ['4 % cut off', each => cut(each, 4), 0.7],
];

describe('near-duplicates', () => {
  test('whose hashes are near are found as if each were looked at', () => {
    const random = new RandomState(8);
    const drawn = Array.from({ length: 12 }, () => Array.from({ length: SIGNATURE_SIZE }, () => random.uniform(60, 200)));
    const signatures = (count: number): Uint8Array =>
      Uint8Array.from({ length: count * SIGNATURE_SIZE }, (_, i) => {
        const [row, place] = [Math.floor(i / SIGNATURE_SIZE), i % SIGNATURE_SIZE];
        return drawn[row % drawn.length]![place]! + random.uniform(-8, 8) * (row % 7);
      });
    const all = signatures(600);
    const hash = (row: number): Hash => hashOf(all.subarray(row * SIGNATURE_SIZE));
    const bits = (a: Hash, b: Hash): number => countOnes(a[0] ^ b[0]) + countOnes(a[1] ^ b[1]);
    const index = new HashIndex(all);
    const asked = signatures(100);
    let count = 0;
    for (let at = 0; at < asked.length; at += SIGNATURE_SIZE) {
      const own = hashOf(asked.subarray(at));
      const wanted = [own, mirroredHash(own)]
        .flatMap((each, i) => Array.from({ length: 600 }, (_, row) => ({ row, bits: bits(each, hash(row)), isMirrored: i === 1 })))
        .filter(each => each.bits <= 14)
        .sort((a, b) => a.bits - b.bits || a.row - b.row)
        .slice(0, 8);
      expect(index.nearest(asked.subarray(at), 8)).toEqual(wanted);
      count += wanted.length;
    }
    expect(count).toBeGreaterThan(300);
  });

  const originals = faces(0, 40, true, 2 * SIZE);

  test.each(CHANGES)('%s: are found', async (_, change, least) => {
    const found = await nearDuplicates(setOf(originals), setOf(originals.map(change)));
    for (const { training, validation } of found) expect(training).toBe(validation);
    expect(found.length).toBeGreaterThanOrEqual(least * originals.length);
  });

  test('the same faces with and without a mask drawn on are none, and neither are other faces', async () => {
    const masked = setOf(faces(0, 100, true));
    expect(await nearDuplicates(masked, setOf(faces(0, 100, false)))).toEqual([]);
    expect(await nearDuplicates(masked, setOf(faces(1000, 50, true)))).toEqual([]);
  });

  test('grey, transparent, tiny and empty-looking pictures are told as well', async () => {
    const random = new RandomState(2);
    for (const [side, channels] of [
      [32, 1],
      [32, 4],
      [5, 3],
    ] as const) {
      const size = side * side * channels;
      const bytes = Uint8Array.from({ length: 6 * size }, () => random.interval(255));
      const images = { ...setOf([]), pixels: new MemoryPixels(bytes, size), height: side, width: side, channels };
      const found = await nearDuplicates(images, images);
      expect(found.map(({ training, validation, difference }) => [training, validation, difference])).toEqual(
        [0, 1, 2, 3, 4, 5].map(row => [row, row, 0]),
      );
    }
    const white = setOf([{ width: 4, height: 4, data: new Uint8Array(48).fill(255) }]);
    expect(await nearDuplicates(white, white)).toEqual([{ training: 0, validation: 0, difference: 0 }]);
  });

  test('are left out with their names and classes', async () => {
    const images = { ...setOf(faces(0, 4, false)), classes: [0, 1, 2, 3] };
    const rest = withoutImages(images, [0, 2]);
    expect([rest.filenames, rest.classes]).toEqual([
      ['1.png', '3.png'],
      [1, 3],
    ]);
    expect(await readPixels(rest.pixels)).toEqual(await readPixels(images.pixels, [1, 3]));
  });
});

const PHOTOS = 'data/face-mask/train';
describe.runIf(hasShared(PHOTOS))('photographs', () => {
  test('with a mask drawn on are no near-duplicates of those without, and signatures come with loading', async () => {
    const [masked, bare] = await Promise.all(['with_mask', 'without_mask'].map(name => readdir(join(shared, PHOTOS, name))));
    const pairs = bare!.filter(name => masked!.includes(name.replace('.jpg', '-with-mask.jpg'))).slice(0, 60);
    expect(pairs.length).toBe(60);
    const load = async (folder: string, names: readonly string[]): Promise<Uint8Array> => {
      const paths = names.map(name => join(shared, PHOTOS, folder, name));
      const loaded = await loadImages(paths, { height: 150, width: 150, colorMode: 'rgb' }, { signatures: true, cacheSize: 0 });
      return loaded.signatures!;
    };
    const with_ = await load(
      'with_mask',
      pairs.map(name => name.replace('.jpg', '-with-mask.jpg')),
    );
    expect(nearSignatures(with_, await load('without_mask', pairs))).toEqual([]);
    expect(nearSignatures(with_, with_).length).toBe(60);
  });
});

test('pictures of one brightness are near-duplicates where it is the same', () => {
  const flat = (value: number): Uint8Array => signatureOf(new Uint8Array(32 * 32).fill(value), 32, 32, 1);
  const found = [100, 102, 150, 0].map(value => nearSignatures(flat(100), flat(value)).length);
  expect(found).toEqual([1, 1, 0, 0]);
  expect(nearSignatures(flat(0), flat(255))).toEqual([]);
});

test('a class of which nothing is left to judge by is told', async () => {
  const notes: string[] = [];
  setNotes(text => notes.push(text));
  const set = (...values: readonly number[]): ImageSet => ({
    pixels: new MemoryPixels(Uint8Array.from(values.flatMap(value => Array.from({ length: 1024 }, () => value))), 1024),
    height: 32,
    width: 32,
    channels: 1,
    classes: values.map((_, i) => i % 2),
    classNames: ['dark', 'light'],
    filenames: values.map(value => `${value}.png`),
  });
  const printed: string[] = [];
  const options = { train: 'a', validation: 'b', dropDuplicates: true };
  const rest = await withoutDuplicates(set(10, 200), set(60, 200, 120), options, line => printed.push(line));
  expect(rest.filenames).toEqual(['60.png', '120.png']);
  expect(printed).toEqual(['Left to judge by are 2 images: dark 2, light 0']);
  expect(notes.at(-1)).toBe("Nothing is left to judge by of class 'light'.");
});

describe('wgrad train', () => {
  let work = '';
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'wgrad-near-'));
    const folders = { train: join(work, 'train'), validation: join(work, 'validation') };
    await drawFaceFolders(folders, { images: 6, size: 48, seed: 3 });
    const face = syntheticFace(new RandomState(77), true, 96);
    const write = (path: string, quality: number): Promise<void> => {
      const data = Buffer.alloc(4 * 96 * 96, 255);
      for (let i = 0; i < face.data.length; i++) data[4 * Math.floor(i / 3) + (i % 3)] = face.data[i]!;
      return writeFile(path, jpeg.encode({ data, width: 96, height: 96 }, quality).data);
    };
    await write(join(folders.train, 'with_mask', 'a.jpg'), 95);
    await write(join(folders.validation, 'with_mask', 'b.jpg'), 60);
    await copyFile(join(folders.train, 'without_mask', '0000.png'), join(folders.validation, 'without_mask', 'copy.png'));
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  const run = (out: string, ...more: readonly string[]) => {
    const folders = ['--train', join(work, 'train'), '--validation', join(work, 'validation'), '--out', join(work, out)];
    return wgrad(['train', ...folders, '--image-size', '32x32', '--no-tune', '--seed', '1', ...more]);
  };

  test('names near-duplicates, leaves them out where it is asked to, and goes on without them', async () => {
    const told = await run('told', '--max-steps', '1');
    expect(told.stderr).toMatch(
      /2 of 4 images to judge by are near-duplicates of images to learn from: .*--drop-duplicates leaves them out/,
    );
    expect(told.stderr).toContain(`${join('without_mask', 'copy.png')} = ${join(work, 'train', 'without_mask', '0000.png')}`);
    expect(told.stderr).toContain(`${join('with_mask', 'b.jpg')} = ${join(work, 'train', 'with_mask', 'a.jpg')}`);
    const dropped = await run('dropped', '--drop-duplicates', '--epochs', '1');
    expect(dropped.stderr).toContain('2 of 4 images to judge by are near-duplicates of images to learn from: left out.');
    expect(dropped.code).toBe(0);
    expect(dropped.stdout).toContain('Left to judge by are 2 images: with_mask 1, without_mask 1');
    const rest = await run('dropped', '--epochs', '2', '--resume', join(work, 'dropped', 'last.safetensors'));
    expect(rest.stderr).toContain('left out.');
    expect(rest.code).toBe(0);
  });
});
