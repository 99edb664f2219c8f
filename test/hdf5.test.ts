import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Hdf5Group } from '../src/formats/hdf5/hdf5.js';
import { withHdf5, writeHdf5 } from '../src/formats/hdf5/hdf5.js';
import { setHdf5Worker } from '../src/formats/hdf5/worker_door.js';
import { startHdf5Thread } from '../src/node/hdf5.js';
import { hasShared, shared } from './helpers/shared.js';

setHdf5Worker(startHdf5Thread);
afterEach(() => {
  setHdf5Worker(startHdf5Thread);
  vi.useRealTimers();
});

const names = Array.from({ length: 40 }, (_, i) => `conv2d_${i}/größe`);
const long = `{"text": "${'\\u00e4'.repeat(20_000)}"}`;
const CONTENT: Hdf5Group = {
  attributes: { json: long, list: names, none: [] },
  members: new Map<string, Hdf5Group | { shape: number[]; data: Float32Array | BigInt64Array | Int32Array }>([
    ['b', { members: new Map([['größe:0', { shape: [2, 3], data: Float32Array.of(1, -0, Number.NaN, 1e-45, Infinity, 6) }]]) }],
    ['a', { shape: [], data: BigInt64Array.of(2n ** 53n - 1n) }],
    ['c', { shape: [], data: Int32Array.of(-3) }],
  ]),
};

test('what is written as HDF5 is read back: texts of any length and letters, numbers of each type', async () => {
  await withHdf5('x.h5', await writeHdf5(CONTENT), async file => {
    expect(await file.text('/', 'json')).toBe(long);
    expect(await file.texts('/', 'list')).toEqual(names);
    expect(await file.texts('/', 'none')).toEqual([]);
    expect(await file.names('/')).toEqual(['a', 'b', 'c']);
    expect(await file.numbers('/b/größe:0', { types: ['float32'], shape: [2, 3] })).toEqual(
      Float32Array.of(1, -0, Number.NaN, 1e-45, Infinity, 6),
    );
    expect(await file.numbers('/a', { types: ['int32', 'int64'], shape: [] })).toEqual(BigInt64Array.of(2n ** 53n - 1n));
    expect(await file.numbers('/c', { types: ['int32', 'int64'], shape: [] })).toEqual(Int32Array.of(-3));
  });
});

test('what is not there is undefined', async () => {
  await withHdf5('x.h5', await writeHdf5(CONTENT), async file => {
    expect(await file.text('/', 'other')).toBeUndefined();
    expect(await file.text('/other', 'json')).toBeUndefined();
    expect(await file.names('/b/other')).toBeUndefined();
    expect(await file.numbers('/b/other/deep', { types: ['float32'], shape: [] })).toBeUndefined();
  });
});

test('the same content is the same bytes, also a second later', async () => {
  const first = await writeHdf5(CONTENT);
  await new Promise(resolve => setTimeout(resolve, 1100));
  expect(await writeHdf5(CONTENT)).toEqual(first);
});

test('numbers of another type or shape are refused, and after the first failure everything', async () => {
  const bytes = await writeHdf5(CONTENT);
  const asked = (types: readonly ('float32' | 'int32')[], shape: readonly number[], path = '/b/größe:0'): Promise<unknown> =>
    withHdf5('x.h5', bytes, async file => file.numbers(path, { types, shape }));
  await expect(asked(['int32'], [2, 3])).rejects.toThrow(
    "x.h5 can't be read as HDF5: /b/größe:0 has numbers of another type, wanted int32",
  );
  await expect(asked(['float32'], [3, 2])).rejects.toThrow('/b/größe:0 has shape [2, 3], wanted [3, 2]');
  await expect(asked(['float32'], [], '/b')).rejects.toThrow('/b is not a dataset');
  await withHdf5('x.h5', bytes, async file => {
    await expect(file.numbers('/b/größe:0', { types: ['int32'], shape: [] })).rejects.toThrow('another type');
    await expect(file.text('/', 'json')).rejects.toThrow('another type');
  });
});

test.skipIf(!hasShared('goldens/formats'))('links and numbers in other files are not followed', async () => {
  const kernel = async (name: string): Promise<unknown> => {
    const bytes = await readFile(join(shared, 'goldens/formats', name));
    return withHdf5(name, bytes, file => file.numbers('/model_weights/dense/dense/kernel:0', { types: ['float32'], shape: [30, 6] }));
  };
  await expect(kernel('bad_external_link.h5')).rejects.toThrow('is a link to another file, which is not followed');
  await expect(kernel('bad_external_data.h5')).rejects.toThrow("bad_external_data.h5 can't be read as HDF5");
  await expect(kernel('bad_bomb.h5')).rejects.toThrow('has shape [4194304, 16384], wanted [30, 6]');
});

test('a worker that never answers is ended when its time is over, and one that dies says why', async () => {
  vi.useFakeTimers();
  const end = vi.fn();
  setHdf5Worker(() => ({ post() {}, listen() {}, end }));
  const reading = expect(withHdf5('x.h5', new Uint8Array(2e7), async () => 0)).rejects.toThrow(
    /^x\.h5 can't be read as HDF5: it took longer than 12 s$/,
  );
  await vi.advanceTimersByTimeAsync(11_900);
  expect(end).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  await reading;
  expect(end).toHaveBeenCalled();
  vi.useRealTimers();
  setHdf5Worker(() => ({ post() {}, listen: (_, onEnd) => setTimeout(() => onEnd('it is out of memory')), end() {} }));
  await expect(withHdf5('x.h5', new Uint8Array(8), async () => 0)).rejects.toThrow('it is out of memory');
});
