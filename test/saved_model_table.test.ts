import { expect, test } from 'vitest';
import { readTable } from '../src/formats/saved_model/table.js';
import { block, tableFrom, tableOf } from './helpers/table.js';

const key = (text: string): Uint8Array => new TextEncoder().encode(text);
const value = Uint8Array.of(1, 2, 3);

test('entries are read from all blocks, with keys that share bytes of the one before', () => {
  const table = readTable(
    'v.index',
    tableOf([
      block([
        [0, key('abc'), value],
        [2, key('d'), key('x')],
      ]),
      block([[0, key('b'), value]]),
    ]),
  );
  expect([...table].map(([name, bytes]) => [name, [...bytes]])).toEqual([
    ['abc', [1, 2, 3]],
    ['abd', [0x78]],
    ['b', [1, 2, 3]],
  ]);
});

const good = tableFrom(new Map([['a', value]]));
const changed = (at: number, byte: number): Uint8Array => good.with(at < 0 ? good.length + at : at, byte);

test.each([
  ['no bytes', new Uint8Array(0), /^v.index is not a table of TensorFlow/],
  ['another magic number', changed(-1, 0), /^v.index is not a table of TensorFlow/],
  ['a byte of a block changed', changed(4, 9), /^v.index: the checksum of the block at byte 0 is wrong/],
  ['a place of the index outside', changed(-46, 0x7f), /^v.index: a block of \d+ bytes at byte 127 does not lie in its/],
  ['compressed blocks', tableOf([block([[0, key('a'), value]], 1)]), /^v.index: its blocks are compressed \(snappy\)/],
  ['a key that shares more than there is', tableOf([block([[1, key('a'), value]])]), /^v.index: a key shares 1 bytes of 0/],
  [
    'a key twice',
    tableOf([
      block([
        [0, key('a'), value],
        [0, key('a'), value],
      ]),
    ]),
    /^v.index: its keys are out of order/,
  ],
  [
    'a block named again and again',
    tableOf(Array<Uint8Array>(100).fill(block([[0, key('a'), value]]))),
    /^v.index: its keys are out of order/,
  ],
])('%s is refused', (_, file, message) => {
  expect(() => readTable('v.index', file)).toThrow(message);
});

test('few bytes can not ask for keys without end', () => {
  const long = key('k'.repeat(1020));
  const entries = Array.from(
    { length: 70_000 },
    (_, i) => [i === 0 ? 0 : 1020, i === 0 ? long : Uint8Array.of(33 + (i >> 14), 33 + ((i >> 7) & 127), 33 + (i & 127)), value] as const,
  );
  const before = process.memoryUsage().heapUsed;
  expect(() => readTable('v.index', tableOf([block(entries)]))).toThrow(/^v.index has more than 65536 entries/);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(300e6);
  expect(() => readTable('v.index', tableOf([block([[0, key('k'.repeat(2000)), value]])]))).toThrow(/wanted at most 1024 in all/);
});
