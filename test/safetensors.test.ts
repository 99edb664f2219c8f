import { expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../src/formats/safetensors.js';

const tensors = {
  bytes: { shape: [3], data: Uint8Array.of(1, 2, 3) },
  shorts: { shape: [1, 2], data: Int16Array.of(-5, 6) },
  floats: { shape: [2, 2], data: Float32Array.of(0.5, -1, 2, 1e-7) },
  words: { shape: [2], data: Uint32Array.of(7, 4_000_000_000) },
};
const metadata = { wgrad: '{"a":1}' };

/** A file with a header of one's own, padded with spaces as the format has it, and so many bytes after it. */
function fileOf(header: string | Uint8Array, bytes = 0, headerBytes?: number): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 8) * 8)) : header;
  const file = new Uint8Array(8 + text.length + bytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes ?? text.length), true);
  file.set(text, 8);
  return file;
}

const entry = (dtype: string, shape: unknown, begin: number, end: number) => JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

test('what was written is read, wherever it lies in a buffer', () => {
  const file = writeSafetensors({ tensors: Object.entries(tensors), metadata });
  for (const begin of [0, 1, 2, 4]) {
    const moved = new Uint8Array(file.length + begin);
    moved.set(file, begin);
    expect(readSafetensors('file', moved.subarray(begin))).toEqual({ tensors: new Map(Object.entries(tensors)), metadata });
  }
});

test('tensors that begin at whole elements are views of the file', () => {
  const { floats, bytes, words } = tensors;
  const file = writeSafetensors({ tensors: Object.entries({ floats, bytes, words }), metadata: {} });
  const read = readSafetensors('file', file).tensors;
  expect(read.get('floats')!.data.buffer).toBe(file.buffer);
  expect(read.get('bytes')!.data.buffer).toBe(file.buffer);
  expect(read.get('words')!.data.buffer).not.toBe(file.buffer);
});

test('names are only names: in the order of the file, whatever an object would make of them', () => {
  const names = ['10', '9', '__proto__', 'constructor', 'b', 'a'];
  const named = names.map((name, i) => [name, { shape: [1], data: Float32Array.of(i) }] as const);
  const { tensors: read } = readSafetensors('file', writeSafetensors({ tensors: named, metadata: {} }));
  expect([...read.keys()]).toEqual(names);
  expect([...read.values()].map(({ data }) => data[0])).toEqual([0, 1, 2, 3, 4, 5]);
});

test('what the format allows is read: scalars, empty tensors, entries in another order than their data, an empty file', () => {
  const header = `{"b":${entry('F32', [], 4, 8)},"a":${entry('I32', [1], 0, 4)},"none":${entry('F32', [3, 0], 4, 4)}}`;
  const { tensors: read } = readSafetensors('file', fileOf(header, 8));
  expect([...read].map(([name, { shape, data }]) => [name, shape, data.length])).toEqual([
    ['a', [1], 1],
    ['none', [3, 0], 0],
    ['b', [], 1],
  ]);
  expect(readSafetensors('file', fileOf('{}')).tensors.size).toBe(0);
});

test.each<[string, Uint8Array, string]>([
  ['a file of five bytes', fileOf('{}').subarray(0, 5), 'is not a safetensors file: it has 5 bytes'],
  ['a header longer than the file', fileOf('{}', 0, 9), 'its header would end at byte 17 of 16'],
  ['a header of 2^63 bytes', fileOf('{}', 0, 2 ** 63), 'its header would end at byte 9223372036854775816 of 16'],
  ['no header', fileOf('', 8), "its header does not begin with '{'"],
  ['a header that begins with a space', fileOf(' {}'), "its header does not begin with '{'"],
  ['a byte order mark', fileOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)), "its header does not begin with '{'"],
  ['a header that is no UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'its header is not UTF-8'],
  ['a header a byte short', fileOf(`{"a":${entry('F32', [1], 0, 4)}}`, 4, 47), 'its header is not JSON'],
  ['a name twice', fileOf(`{"a":${entry('F32', [1], 0, 4)},"\\u0061":${entry('F32', [1], 4, 8)}}`, 8), "its header names 'a' twice"],
  ['a field twice', fileOf(`{"a":{"dtype":"F32","dtype":"I32","shape":[],"data_offsets":[0,4]}}`, 4), "its header names 'dtype' twice"],
  ['a header nested without end', fileOf(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`), 'is nested deeper than 64'],
  ['metadata that is no text', fileOf('{"__metadata__":{"a":1}}'), "__metadata__ has 'a': 1, wanted a text"],
  ['metadata that is a list', fileOf('{"__metadata__":["a"]}'), '__metadata__ is a list of 1, wanted texts by name'],
  ['an entry that is a number', fileOf('{"a":1}'), "the entry of 'a' is 1, wanted an object"],
  ['an entry that is null', fileOf('{"a":null}'), "the entry of 'a' is null, wanted an object"],
  ['an empty entry', fileOf('{"a":{}}'), "the dtype of 'a' is missing, wanted one of F32, I32"],
  ['a type that is not read', fileOf(`{"a":${entry('BF16', [2], 0, 4)}}`, 4), "the dtype of 'a' is 'BF16', wanted one of F32, I32"],
  ['a type by the name of a method', fileOf(`{"a":${entry('toString', [2], 0, 4)}}`, 4), "the dtype of 'a' is 'toString'"],
  ['a length below 0', fileOf(`{"a":${entry('F32', [-1, -1], 0, 4)}}`, 4), "the shape of 'a' is [-1, -1], wanted whole numbers"],
  ['half a length', fileOf(`{"a":${entry('F32', [0.5, 2], 0, 4)}}`, 4), "the shape of 'a' is [0.5, 2], wanted whole numbers"],
  ['a shape that is a number', fileOf(`{"a":${entry('F32', 1, 0, 4)}}`, 4), "the shape of 'a' is 1, wanted whole numbers"],
  ['a shape beyond counting', fileOf(`{"a":${entry('F32', [2 ** 32, 2 ** 32], 0, 0)}}`), 'wanted no more than a file holds'],
  [
    'offsets that run backwards',
    fileOf(`{"a":${entry('F32', [1], 4, 0)}}`, 4),
    "the data_offsets of 'a' are [4, 0], wanted 4 bytes, which F32 of shape [1] takes",
  ],
  [
    'offsets of another length',
    fileOf(`{"a":${entry('F32', [2], 0, 4)}}`, 4),
    "the data_offsets of 'a' are [0, 4], wanted 8 bytes, which F32 of shape [2] takes",
  ],
  ['one offset', fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4), "the data_offsets of 'a' are [0], wanted two"],
  [
    'tensors that overlap',
    fileOf(`{"a":${entry('F32', [2], 0, 8)},"b":${entry('F32', [1], 4, 8)}}`, 8),
    "'b' begins at byte 4 of the data, wanted 8",
  ],
  ['a gap', fileOf(`{"a":${entry('U8', [1], 0, 1)},"b":${entry('F32', [1], 4, 8)}}`, 8), "'b' begins at byte 4 of the data, wanted 1"],
  ['a gap at the beginning', fileOf(`{"a":${entry('F32', [1], 4, 8)}}`, 8), "'a' begins at byte 4 of the data, wanted 0"],
  [
    'data cut short',
    fileOf(`{"a":${entry('F32', [2], 0, 8)}}`, 7),
    'its tensors take 8 bytes, the file has 7 for them: it may be cut short',
  ],
  ['bytes left over', fileOf(`{"a":${entry('F32', [2], 0, 8)}}`, 9), 'its tensors take 8 bytes, the file has 9 for them'],
  ['a name that a terminal obeys', fileOf('{"\\u001b[2J\\u009b":1}'), "the entry of '\\u001b[2J\\u009b' is 1"],
])('a file with %s is refused by name', (_, file, message) => {
  expect(() => readSafetensors('x.safetensors', file)).toThrow(message);
  expect(() => readSafetensors('x.safetensors', file)).toThrow(/^x\.safetensors[: ]/);
});
