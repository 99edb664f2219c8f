import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../src/data/decode/index.js';
import { loadImages } from '../src/data/load.js';
import { convertColor } from '../src/data/resize.js';
import { fixtureJson } from './helpers/shared.js';

/** What PIL makes of a file: its size and the digest of its RGB bytes, or the name of the error by which it refuses it. */
type Answer = { readonly rgb_sha256: string } | { readonly refused: string };
type Sized = { readonly sha256: string } | { readonly refused: string };

const folder = join(import.meta.dirname, 'fixtures/cases');
const { files } = fixtureJson<{ files: Record<string, Answer> }>('cases/expected.json');
const fileOf = (name: string): Uint8Array => readFileSync(join(folder, name));

/** Digest of the RGB bytes that a file decodes to, or 'refused'. */
async function digest(file: Uint8Array): Promise<string> {
  try {
    const image = convertColor(await decodeImage(file), 'rgb');
    return createHash('sha256').update(image.data).digest('hex');
  } catch {
    return 'refused';
  }
}
const wanted = (answer: Answer): string => ('refused' in answer ? 'refused' : answer.rgb_sha256);

/** The codec's file with bytes of its header, found by its first, exchanged. */
function withHeader(name: string, marker: number, at: number, bytes: readonly number[]): Uint8Array {
  const file = fileOf(name).slice();
  for (let i = 2; i < file.length; i++) {
    if (file[i] === 0xff && file[i + 1] === marker) {
      file.set(bytes, i + at);
      return file;
    }
  }
  throw new Error(`${name} has no marker ${marker}`);
}

// Files of all kinds, and PIL's answers, by fixtures/codec_images.py.
const { kinds } = fixtureJson<{ kinds: Record<string, readonly (Sized & { readonly file: string })[]> }>('codec_images.json');
const table = readFileSync(join(import.meta.dirname, '../docs/keras.md'), 'utf8').split('\n');

/** What became of a kind's files, in the words of the table in docs/keras.md. */
async function outcome(files: (typeof kinds)[string]): Promise<string> {
  const found = await Promise.all(files.map(({ file }) => digest(Buffer.from(file, 'base64'))));
  const answers = files.map(answer => ('refused' in answer ? 'refused' : answer.sha256));
  if (found.every((each, i) => each === answers[i]))
    return answers.every(answer => answer === 'refused') ? 'refused, as by PIL' : 'the same bytes';
  if (found.every(each => each === 'refused')) return 'refused by name; PIL, and so Keras, reads it';
  return found.every((each, i) => each === answers[i] || each === 'refused') ? 'the same bytes, or refused' : 'other bytes';
}

describe('each kind of files comes out as the table in docs/keras.md says', () => {
  test.each(Object.entries(kinds))('%s', async (kind, files) => {
    expect(table).toContain(`| ${kind} | ${files.length} | ${await outcome(files)} |`);
  });
});

describe('drawn JPEG and WebP files that went wrong give the bytes of PIL, or are refused where it refuses', () => {
  test.each(Object.entries(files).filter(([name]) => /^([jw]|race)_/.test(name)))('%s', async (name, answer) => {
    expect(await digest(fileOf(name))).toBe(wanted(answer));
  });
});

describe('a file has its codec for itself', () => {
  const names = ['race_cut.jpg', 'race_good1.jpg', 'race_good2.jpg', 'race_good3.jpg', 'j_arith.jpg', 'w_anim.webp'];

  test('files that are decoded at the same time, also from the first on, get their own answers', async () => {
    for (let run = 0; run < 8; run++) {
      const found = await Promise.all(names.map(name => digest(fileOf(name))));
      expect(found).toEqual(names.map(name => wanted(files[name]!)));
    }
  });

  test('of a cut file among good ones the workers leave out only that', async () => {
    for (let run = 0; run < 8; run++) {
      const paths = names.slice(0, 4).map(name => join(folder, name));
      const { broken } = await loadImages(paths, { height: 8, width: 8, colorMode: 'rgb' }, { skipBroken: true });
      expect(broken).toEqual([{ path: paths[0], reason: 'the JPEG data ends too early: the file is cut short' }]);
    }
  });

  test('a file that ends in an error leaves nothing to the next', async () => {
    const good = fileOf('race_good1.jpg');
    for (let length = 300; length < good.length; length += 97) {
      await digest(good.subarray(0, length));
      expect(await digest(good)).toBe(wanted(files['race_good1.jpg']!));
    }
  });
});

describe('headers that promise too much are refused before anything is allocated', () => {
  test.each<[string, Uint8Array, string]>([
    ['a JPEG of 20000 x 20000', withHeader('race_good1.jpg', 0xc0, 5, [0x4e, 0x20, 0x4e, 0x20]), 'more than the 178956970 that are read'],
    [
      'a JPEG of 13000 x 13000 in 2 KB',
      withHeader('race_good1.jpg', 0xc0, 5, [0x32, 0xc8, 0x32, 0xc8]),
      "can't hold the 13000 x 13000 pixels",
    ],
    ['a JPEG with 12 bits', withHeader('race_good1.jpg', 0xc0, 4, [12]), 'it is a JPEG with 12 bits a sample, which is not read'],
    ['a JPEG with 2 components', withHeader('race_good1.jpg', 0xc0, 9, [2]), 'its frame header declares 2 colour components'],
    ['a JPEG of no height', withHeader('race_good1.jpg', 0xc0, 5, [0, 0]), 'it holds no image'],
    ['a WebP of 16384 x 16384 in 34 bytes', webpOf(0x3fff, 0x3fff), 'more than the 178956970 that are read'],
    ['a WebP of 13000 x 13000 in 34 bytes', webpOf(12999, 12999), "can't hold the 13000 x 13000 pixels"],
  ])('%s', async (_, file, message) => {
    const before = process.memoryUsage().rss;
    const start = performance.now();
    await expect(decodeImage(file)).rejects.toThrow(message);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });
});

test.each(['race_good1.jpg', 'j_440_rot90.jpg', 'j_arith.jpg', 'j_cmyk_no_adobe.jpg'])(
  'JPEG samples far out of range, of which codecs make different things, are refused: %s',
  async name => {
    const steps = new Array<number>(64).fill(255);
    const file = withHeader(name, 0xdb, 5, steps);
    await expect(decodeImage(file)).rejects.toThrow('the JPEG data is broken: its samples lie far out of range');
  },
);

test('a WebP whose chunks do not end where the file does is refused, as by PIL', async () => {
  const file = Buffer.from(fileOf('w_anim.webp'));
  file.writeUInt32LE(file.readUInt32LE(4) - 2, 4);
  await expect(decodeImage(file)).rejects.toThrow('the WebP data is broken or ends too early');
});

describe('files made to take long are refused within two seconds', () => {
  const progressive = Buffer.from(kinds['JPEG, progressive']![0]!.file, 'base64');
  const last = progressive.lastIndexOf('\xff\xda', undefined, 'latin1');
  const scan = progressive.subarray(last, -2);
  test.each<[string, Uint8Array, string]>([
    ['a JPEG of 3000 scans', Buffer.concat([progressive.subarray(0, last), ...new Array(3000).fill(scan)]), 'it has too many scans'],
    ['a PPM of comments', Buffer.from(`P3 4 4 255\n${'#\n'.repeat(500_000)}`), 'the file is cut short'],
    ['a PPM of one comment', Buffer.from(`P3 4 4 255\n${'#'.repeat(3_000_000)}`), 'the file is cut short'],
  ])('%s', async (_, file, message) => {
    const start = performance.now();
    await expect(decodeImage(file)).rejects.toThrow(message);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

/** The header of a lossless WebP, of a size less 1, with hardly any data. */
function webpOf(width: number, height: number): Uint8Array {
  const file = Buffer.alloc(34);
  file.write('RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f', 'latin1');
  file.writeUInt32LE(width | (height << 14), 21);
  return file;
}
