import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/data/decode/index.js';
import { type ColorMode, convertColor } from '../../src/data/resize.js';
import { fixtureJson } from '../helpers/shared.js';
import { mutate } from './mutate.js';

/** By images.py: pictures in base64, and Pillow's answers to them as they are and damaged, '' where it refuses the file. */
interface Recorded {
  readonly drawn: Readonly<Record<string, string>>;
  readonly whole: Readonly<Record<string, readonly [rgb: string, rgba: string, grey: string]>>;
  readonly damaged: readonly string[];
}

const { drawn, whole, damaged } = JSON.parse(readFileSync(join(import.meta.dirname, 'images.json'), 'utf8')) as Recorded;
const cases = join(import.meta.dirname, '../fixtures/cases');
const pictures = new Map<string, Buffer>([
  ...Object.entries(drawn).map(([name, file]) => [name, Buffer.from(file, 'base64')] as const),
  ...Object.entries(fixtureJson<{ images: Record<string, { file: string }> }>('images.json').images).map(
    ([name, { file }]) => [name, Buffer.from(file, 'base64')] as const,
  ),
  ...readdirSync(cases).map(name => [name, readFileSync(join(cases, name))] as const),
]);
const names = Object.keys(whole);

/** What is made of a file, in the words of images.py. */
async function answerTo(file: Buffer, mode: ColorMode = 'rgb'): Promise<string> {
  try {
    const { width, height, data } = convertColor(await decodeImage(file), mode);
    return `${width}x${height} ${createHash('sha256').update(data).digest('hex').slice(0, 16)}`;
  } catch (error) {
    // Said in words, not a slip of ours.
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).constructor).toBe(Error);
    expect((error as Error).message).not.toBe('');
    return '';
  }
}

/** Kinds that are refused by name. */
const NOT_READ: readonly string[] = ['o_avif.jpg', 'o_jp2.jpg'];

/**
 * Pictures that Pillow takes and we need not: those, a JPEG whose samples lie far out of range, of which codecs make different things, a TIFF whose directory
 * has wrong entries, and more pixels than the file's bytes can hold.
 */
function mayRefuse(name: string, answer: string): boolean {
  const [width, height] = answer.split(/[x ]/).map(Number) as [number, number];
  return NOT_READ.includes(name) || /^(tiff|jpeg|j_|race_)/.test(name) || width * height > 2 ** 24;
}

describe('pictures are read to the bytes that Pillow gives', () => {
  test.each(names)('%s', async name => {
    for (const [i, mode] of (['rgb', 'rgba', 'grayscale'] as const).entries()) {
      const isRefused = NOT_READ.includes(name) || (mode === 'grayscale' && /^p.*(grey 16|grey16)/.test(name));
      expect(await answerTo(pictures.get(name)!, mode), mode).toBe(isRefused ? '' : whole[name]![i]);
    }
  });
});

test('1,000 damaged pictures end as in Pillow, each in under 2 s of computing, all within 300 MB, and the same again', async () => {
  const before = process.memoryUsage().rss;
  const slow: string[] = [];
  const wrong: string[] = [];
  const counts = { 'the same bytes': 0, 'both refuse': 0, 'only Pillow reads it': 0 };
  for (const round of [1, 2]) {
    for (const [seed, wanted] of damaged.entries()) {
      const name = names[seed % names.length]!;
      const file = mutate(pictures.get(name)!, seed);
      const start = process.cpuUsage();
      const found = await answerTo(file);
      const { user, system } = process.cpuUsage(start);
      if (user + system > 2e6) slow.push(`${seed}, ${name}: ${(user + system) / 1e6} s`);
      const isOnlyPillows = found === '' && wanted !== '' && mayRefuse(name, wanted);
      if (found !== wanted && !isOnlyPillows) wrong.push(`seed ${seed}, ${name}: ${found || 'refused'}, Pillow: ${wanted || 'refused'}`);
      else if (round === 1) counts[isOnlyPillows ? 'only Pillow reads it' : wanted ? 'the same bytes' : 'both refuse'] += 1;
    }
  }
  expect(wrong).toEqual([]);
  expect(slow).toEqual([]);
  expect(counts['only Pillow reads it']).toBeLessThan(30);
  expect(process.resourceUsage().maxRSS * 1024 - before).toBeLessThan(300e6);
  console.log(
    Object.entries(counts)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', '),
  );
});
