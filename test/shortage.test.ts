import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { crc32 } from '../src/data/decode/crc32.js';
import { decodeImage } from '../src/data/decode/index.js';
import { loadImages } from '../src/data/load.js';
import { isShortage, MemoryBudget, OutOfMemory } from '../src/data/memory_budget.js';

const free = vi.hoisted(() => ({ bytes: Number.POSITIVE_INFINITY }));
vi.mock('../src/node/memory.js', async original => {
  const memory = await original<typeof import('../src/node/memory.js')>();
  return { ...memory, memoryLeft: () => Math.min(free.bytes, memory.memoryLeft()) };
});

const target = { height: 4, width: 4, colorMode: 'rgb' } as const;

/** A PNG that declares a size. */
function header(width: number, height: number): Buffer {
  const file = PNG.sync.write(new PNG({ width: 1, height: 1 }), { colorType: 0 });
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
  return file;
}

describe('what the machine lacks is no fault of the files', () => {
  let folder = '';
  let paths: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wgrad-shortage-'));
    const sizes = [10, 300, 20, 200];
    paths = sizes.map(size => join(folder, `${size}.png`));
    for (const [i, size] of sizes.entries()) await writeFile(paths[i]!, PNG.sync.write(new PNG({ width: size, height: size })));
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(() => {
    free.bytes = Number.POSITIVE_INFINITY;
    vi.restoreAllMocks();
  });

  test('a picture that memory does not hold stops the run, though broken ones are left out', async () => {
    free.bytes = 800_000;
    await expect(loadImages(paths, target, { skipBroken: true })).rejects.toThrow(
      /300\.png: its 90000 pixels take 70\d KiB, 62\d KiB are free\. The file may be good, so it is not left out: free memory/,
    );
  });

  test('pictures that memory holds one by one, but not together, are all read', async () => {
    free.bytes = 1_200_000;
    const many = Array.from({ length: 6 }, () => paths).flat();
    expect((await loadImages(many, target)).read).toEqual(many.map(() => true));
  });

  test.each([
    [
      'runs out of memory',
      (worker: Worker) => worker.emit('error', Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' })),
      'memory ran out',
    ],
    ['fails', (worker: Worker) => worker.emit('error', new Error('a slip')), 'a worker ended: a slip'],
    ['ends', (worker: Worker) => void worker.terminate(), 'a worker ended: it did not say why'],
  ])('a worker that %s ends the run and says at which files', async (_, end, message) => {
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker) {
      setImmediate(() => end(this));
    });
    await expect(loadImages(paths.slice(0, 1), target, { skipBroken: true })).rejects.toThrow(`while ${paths[0]} was decoded, ${message}`);
  });

  test('the memory that workers share is never given twice', () => {
    const one = MemoryBudget.of(8 * 1024 * 10);
    const other = new MemoryBudget(one.counts);
    one.take(1024 * 6);
    other.take(1024 * 4);
    expect(one.counts[0]).toBe(0);
    one.giveBack();
    one.giveBack();
    other.take(1024 * 10 - 1024 * 4);
    expect(one.counts[0]).toBe(8 * 4);
    expect(() => one.take(1024 * 11)).toThrow(OutOfMemory);
  });

  test('shortages are told from damage, also where they only caused an error', () => {
    let found: unknown;
    try {
      new Uint8Array(2 ** 53 - 1);
    } catch (error) {
      found = error;
    }
    expect(isShortage(found)).toBe(true);
    expect(isShortage(new Error('the data is broken', { cause: found }))).toBe(true);
    expect(isShortage(new Error('the data is broken'))).toBe(false);
  });

  test('a header of too many pixels is refused before any memory is taken', async () => {
    await expect(decodeImage(header(30_000, 30_000))).rejects.toThrow(
      'its header declares 30000 x 30000 pixels, more than the 178956970 that are read',
    );
    await expect(decodeImage(header(0xffffffff, 1))).rejects.toThrow('its header declares 4294967295 x 1 pixels');
  });
});
