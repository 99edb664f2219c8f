import { expect, test } from 'vitest';
import { floatOfHalf } from '../src/formats/tfjs/half.js';
import { readManifest, type TensorGroup, tensorsOf } from '../src/formats/tfjs/manifest.js';

const tensor = (name: string, shape: readonly unknown[], more: object = {}) => ({ name, shape, dtype: 'float32', ...more });
const manifest = (weights: readonly object[], paths: readonly string[] = ['a.bin']) => [{ paths, weights }];
const groupOf = (weights: readonly object[], paths?: readonly string[]): TensorGroup =>
  readManifest(manifest(weights, paths), 'weightsManifest')[0]!;
const bytesOf = ({ buffer }: Float32Array | Uint16Array): Uint8Array => new Uint8Array(buffer as ArrayBuffer);

test('files are joined, then cut: a tensor may begin in one and end in another, at any byte', () => {
  const group = groupOf([tensor('a', [2]), tensor('b', [3]), tensor('none', [0])], ['1', '2', 'sub/3']);
  const bytes = bytesOf(Float32Array.of(1, 2, 3, 4, 5));
  const tensors = tensorsOf('file', group, [bytes.subarray(0, 7), bytes.subarray(7, 7), bytes.subarray(7)]);
  expect([...tensors]).toEqual([
    ['a', Float32Array.of(1, 2)],
    ['b', Float32Array.of(3, 4, 5)],
    ['none', new Float32Array(0)],
  ]);
});

test('quantized numbers are computed in float64 and rounded once; after bytes, floats begin at odd places', () => {
  const scale = 0.006290069748373593;
  const min = -0.7925487882950727;
  const group = groupOf([
    tensor('bytes', [3], { quantization: { dtype: 'uint8', scale, min, original_dtype: 'float32' } }),
    tensor('floats', [1]),
    tensor('words', [1], { quantization: { dtype: 'uint16', scale, min } }),
    tensor('halves', [2], { quantization: { dtype: 'float16' } }),
  ]);
  const file = Uint8Array.of(0, 7, 255, ...bytesOf(Float32Array.of(0.1)), 0x34, 0x12, ...bytesOf(Uint16Array.of(0x3555, 0xc000)));
  const tensors = tensorsOf('file', group, [file]);
  expect(tensors.get('bytes')).toEqual(Float32Array.of(min, 7 * scale + min, 255 * scale + min));
  expect(tensors.get('floats')).toEqual(Float32Array.of(0.1));
  expect(tensors.get('words')).toEqual(Float32Array.of(0x1234 * scale + min));
  expect(tensors.get('halves')).toEqual(Float32Array.of(0.333251953125, -2));
});

test('halves are IEEE: subnormal, largest, infinite, no number', () => {
  expect([0x0000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0xfbff, 0x7c00, 0xfc00].map(floatOfHalf)).toEqual([
    0,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    65504,
    -65504,
    Infinity,
    -Infinity,
  ]);
  expect(Object.is(floatOfHalf(0x8000), -0)).toBe(true);
  expect(floatOfHalf(0x7e00)).toBeNaN();
});

test.each([
  ['../a.bin', "which has '..' in it"],
  ['sub/../../a.bin', "which has '..' in it"],
  ['/etc/passwd', 'which is an absolute path'],
  ['\\\\server\\a.bin', "which has '\\\\' in it"],
  ['..\\a.bin', "which has '\\\\' in it"],
  ['C:/a.bin', 'which begins with a drive'],
  ['c:a.bin', 'which begins with a drive'],
  ['https://example.org/a.bin', 'which is an address (https)'],
  ['file:a.bin', 'which is an address (file)'],
  ['data:,x', 'which is an address (data)'],
  ['1.bin:stream', "which has ':' in it"],
  ['a\u0000.bin', 'which has a control character in it'],
  ['', 'which has an empty name in it'],
  ['./a.bin', 'which has an empty name in it'],
  ['sub//a.bin', 'which has an empty name in it'],
])('a path is a plain name below the folder: not %j', (path, says) => {
  // Beside a good one: none is opened before all are judged.
  const both = manifest([], ['good.bin', path]);
  expect(() => readManifest(both, 'weightsManifest')).toThrow(`${says.replace('\\\\', '\\')}: wanted the name of a file in the folder`);
  expect(() => readManifest(both, 'weightsManifest')).toThrow('weightsManifest[0].paths[1] is ');
});

test.each<[unknown, string]>([
  [{}, 'weightsManifest is an object, wanted a list'],
  [undefined, 'weightsManifest is missing'],
  [[{ paths: 'a.bin', weights: [] }], "weightsManifest[0].paths is 'a.bin', wanted a list"],
  [manifest([tensor('k', [-1])]), "weightsManifest[0].weights[0] ('k').shape[0] is -1"],
  [manifest([tensor('k', [2 ** 31 - 1, 2 ** 31 - 1])]), 'no more than a file holds'],
  [manifest([{ ...tensor('k', [1]), dtype: 'bool' }]), ".dtype is 'bool', wanted 'float32' or 'int32'"],
  [manifest([tensor('k', [1], { quantization: { dtype: 'int8' } })]), ".quantization.dtype is 'int8'"],
  [manifest([tensor('k', [1], { quantization: { dtype: 'uint8', scale: 1 } })]), '.quantization.min is missing'],
  [
    manifest([tensor('k', [1], { quantization: { dtype: 'uint8', scale: 1, min: 0, original_dtype: 'int32' } })]),
    "original_dtype is 'int32'",
  ],
  [manifest([{ ...tensor('k', [1]), dtype: 'int32', quantization: { dtype: 'float16' } }]), 'is quantized and of dtype int32'],
  [manifest([tensor('k', [1]), tensor('k', [1])]), "names the tensor 'k' twice"],
])('a manifest that could not have been written is refused: %j', (value, says) => {
  expect(() => readManifest(value, 'weightsManifest')).toThrow(says);
});

test('files with more or fewer bytes than the weights take are refused with both', () => {
  const group = groupOf([tensor('k', [3])]);
  const says = "model.json: its weights take 12 bytes, 'a.bin' has ";
  expect(() => tensorsOf('model.json', group, [new Uint8Array(11)])).toThrow(`${says}11: one may be cut short`);
  expect(() => tensorsOf('model.json', group, [new Uint8Array(13)])).toThrow(`${says}13`);
});
