import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { writeZip, Zip } from '../src/formats/zip.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const members = { 'config.json': text('{"a": 1}'), 'weights.bin': new Uint8Array(300_000).fill(7) };

/** A zip with bytes changed: at a place counted from the first byte that begins `after`, from the file's end. */
function changed(file: Uint8Array, signature: number, offset: number, ...bytes: number[]): Uint8Array {
  const copy = file.slice();
  const view = new DataView(copy.buffer);
  let at = copy.length - 4;
  while (view.getUint32(at, true) !== signature) at -= 1;
  copy.set(bytes, at + offset);
  return copy;
}

const CENTRAL = 0x02014b50;
const END = 0x06054b50;

test('stored and deflated members are read, to the byte', () => {
  for (const level of [0, 6] as const) {
    const zip = new Zip('a.zip', zipSync(members, { level }));
    expect(zip.names()).toEqual(Object.keys(members));
    for (const [name, bytes] of Object.entries(members)) expect(Buffer.compare(zip.read(name, bytes.length), bytes), name).toBe(0);
  }
});

test('the same members give the same bytes, at any time and in any time zone', () => {
  const bytes = writeZip(Object.entries(members));
  const zone = process.env.TZ;
  process.env.TZ = 'Pacific/Auckland';
  const again = writeZip(Object.entries(members));
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
  expect(Buffer.compare(bytes, again)).toBe(0);
  expect(Buffer.compare(new Zip('a.zip', bytes).read('weights.bin', 1e6), members['weights.bin'])).toBe(0);
});

/** The last entry of the directory is that of weights.bin. */
const deflated = zipSync(members, { level: 6 });
const stored = zipSync(members, { level: 0 });

test.each([
  ['no directory', stored.subarray(0, -30), 'a.zip: it begins as a zip and has no directory at its end'],
  ['nothing', new Uint8Array(0), 'a.zip: it begins as a zip and has no directory at its end'],
  ['more entries than there are', changed(stored, END, 8, 9, 0, 9, 0), "a.zip: entry 3 of 9 of the zip's directory is not at byte"],
  ['a part of several', changed(stored, END, 4, 1), 'a.zip: it is one part of a zip of several'],
  ['an encrypted member', changed(stored, CENTRAL, 8, 1), 'a.zip: its weights.bin is encrypted'],
  ['another method', changed(deflated, CENTRAL, 10, 14), 'a.zip: its weights.bin is compressed by method 14'],
  [
    'a size above the limit',
    changed(deflated, CENTRAL, 24, 0xf0, 0xff, 0xff, 0xff),
    'a.zip: its weights.bin has 4294967280 bytes, wanted at most 400000',
  ],
  ['a size that is too small', changed(deflated, CENTRAL, 24, 9, 0, 0, 0), 'a.zip: its weights.bin inflates to more than the 9 bytes'],
  [
    'a size that is too large',
    changed(deflated, CENTRAL, 24, 0xff, 0x93, 4, 0),
    'a.zip: its weights.bin inflates to 300000 bytes, wanted the 300031',
  ],
  ['a stored size that differs', changed(stored, CENTRAL, 20, 9, 0, 0, 0), 'a.zip: its weights.bin is stored, with 9 bytes for 300000'],
  [
    'a place past the end',
    changed(stored, CENTRAL, 42, 0xff, 0xff, 0xff, 0x7f),
    'a.zip: its weights.bin does not begin at byte 2147483647',
  ],
  ['a wrong checksum', changed(deflated, CENTRAL, 16, 1, 2, 3, 4), 'a.zip: the checksum of its weights.bin is wrong'],
  ['the name of another', changed(stored, CENTRAL, 46, 0x78), 'a.zip: it has no weights.bin'],
])('%s is refused', (_, file, message) => {
  expect(() => new Zip('a.zip', file).read('weights.bin', 400_000)).toThrow(message);
});

test('a member that inflates without end is left at the size that it promises', () => {
  const bomb = zipSync({ 'weights.bin': new Uint8Array(30 << 20) }, { level: 6 });
  const start = performance.now();
  expect(() => new Zip('a.zip', changed(bomb, CENTRAL, 24, 9, 0, 0, 0)).read('weights.bin', 100)).toThrow(
    'inflates to more than the 9 bytes',
  );
  expect(performance.now() - start).toBeLessThan(1000);
});

test('a member that says it is far larger than what it is stored in is refused before it is inflated', () => {
  const file = zipSync({ 'weights.bin': new Uint8Array(30 << 20) }, { level: 6 });
  expect(() => new Zip('a.zip', file).read('weights.bin', 1e9)).toThrow(/^a.zip: its weights.bin says that it has 31457280 bytes in \d+/);
});
