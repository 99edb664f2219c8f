import { expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../src/formats/safetensors.js';

const tensors = {
  bytes: { shape: [3], data: Uint8Array.of(1, 2, 3) },
  shorts: { shape: [1, 2], data: Int16Array.of(-5, 6) },
  floats: { shape: [2, 2], data: Float32Array.of(0.5, -1, 2, 1e-7) },
  words: { shape: [2], data: Uint32Array.of(7, 4_000_000_000) },
};
const metadata = { wgrad: '{"a":1}' };

test('what was written is read, wherever it lies in a buffer', () => {
  const file = writeSafetensors({ tensors, metadata });
  for (const begin of [0, 1, 2, 4]) {
    const moved = new Uint8Array(file.length + begin);
    moved.set(file, begin);
    expect(readSafetensors('file', moved.subarray(begin))).toEqual({ tensors, metadata });
  }
});

test('tensors that begin at whole elements are views of the file', () => {
  const file = writeSafetensors({ tensors: { floats: tensors.floats, bytes: tensors.bytes, words: tensors.words }, metadata: {} });
  const { floats, bytes, words } = readSafetensors('file', file).tensors;
  expect(floats!.data.buffer).toBe(file.buffer);
  expect(bytes!.data.buffer).toBe(file.buffer);
  expect(words!.data.buffer).not.toBe(file.buffer);
});

test('a file that is none, or that is cut short, is named', () => {
  const file = writeSafetensors({ tensors, metadata });
  expect(() => readSafetensors('x.safetensors', file.subarray(0, 5))).toThrow('x.safetensors is no safetensors file: it has 5 bytes');
  expect(() => readSafetensors('x', file.subarray(0, 20))).toThrow(`of 20`);
  expect(() => readSafetensors('x', file.subarray(0, file.length - 1))).toThrow(
    "x: 'words' should take 8 bytes, the file has 7: it may be cut short",
  );
});
