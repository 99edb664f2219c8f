import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../src/data/decode/index.js';
import { convertColor, type Interpolation, nearestIndices, resize } from '../src/data/resize.js';
import { fixtureJson, hasShared, shared } from './helpers/shared.js';

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32);

test('NEAREST takes the rows and columns that PIL takes', () => {
  const { pil_nearest_index: wanted } = fixtureJson<{ pil_nearest_index: Record<string, number[]> }>('vectors.json');
  for (const [sizes, indices] of Object.entries(wanted)) {
    const [input, output] = sizes.split('->').map(Number) as [number, number];
    expect([...nearestIndices(input, output)], sizes).toEqual(indices);
  }
});

/** The noise of fixtures/pil_resize.py. */
function noise(size: number, seed: number): Uint8Array {
  let state = seed;
  return new Uint8Array(size).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** Seed, sizes before and after, and the hash. */
type Resized = [number, number, number, number, number, Interpolation, boolean, string];

test.each([
  ['rows', 'also with the proportions kept', 3],
  ['rgba', 'colours weighed by alpha', 4],
] as const)('resizing gives the bytes of PIL: %s, %s', (key, _, channels) => {
  const rows = fixtureJson<Record<'rows' | 'rgba', Resized[]>>('pil_resize.json')[key];
  for (const [seed, width, height, toWidth, toHeight, interpolation, keep, wanted] of rows) {
    const image = { width, height, channels, data: noise(width * height * channels, seed) };
    const { data } = resize(image, { width: toWidth, height: toHeight }, interpolation, keep);
    expect(hash(data), `${width}x${height} -> ${toWidth}x${toHeight} ${interpolation} ${keep}`).toBe(wanted);
  }
});

const photographs = hasShared('data/face-mask');
if (!photographs) console.log(`not run: PIL's bytes of the photographs need data/face-mask in ${shared} (set WGRAD_SHARED)`);

describe.skipIf(!photographs)('photographs', () => {
  test('all 1,651 are decoded and resized to the bytes of PIL', async () => {
    const { files } = fixtureJson<{ files: Record<string, [string, string]> }>('pil_hashes.json');
    expect(Object.keys(files)).toHaveLength(1651);
    const wrong: string[] = [];
    for (const [name, wanted] of Object.entries(files)) {
      const whole = convertColor(await decodeImage(await readFile(join(shared, 'data/face-mask', name))), 'rgb');
      const small = resize(whole, { width: 150, height: 150 }, 'nearest');
      if (hash(whole.data) !== wanted[0] || hash(small.data) !== wanted[1]) wrong.push(name);
    }
    expect(wrong).toEqual([]);
  });
});
