import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll } from 'vitest';
import { RandomState } from '../../src/engine/random.js';

/** A PNG of noise, redder for class 0 and bluer for class 1. */
function picture(random: RandomState, label: number, size: number): Buffer {
  const png = new PNG({ width: size, height: size });
  for (let i = 0; i < size * size; i++) {
    const base = random.interval(150);
    png.data.set([base + (label === 0 ? 100 : 0), random.interval(200), base + (label === 1 ? 100 : 0), 255], 4 * i);
  }
  return PNG.sync.write(png);
}

/** A folder with the classes 'blue' and 'red', `count` pictures each. */
export async function pictureFolder(count: number, size: number, seed: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-pictures-'));
  const random = new RandomState(seed);
  for (const [label, name] of ['red', 'blue'].entries()) {
    await mkdir(join(folder, name));
    for (let i = 0; i < count; i++) await writeFile(join(folder, name, `${i}.png`), picture(random, label, size));
  }
  return folder;
}

/** Pictures of 20x20 to train on and to validate with, so many a class, and an empty folder to work in, for the tests of a file. Removed after them. */
export async function trainingFolders(
  perClass: number,
  validationPerClass: number,
): Promise<{ readonly train: string; readonly validation: string; readonly work: string }> {
  const train = await pictureFolder(perClass, 20, 1);
  const validation = await pictureFolder(validationPerClass, 20, 2);
  const work = await mkdtemp(join(tmpdir(), 'wgrad-'));
  afterAll(async () => {
    for (const folder of [train, validation, work]) await rm(folder, { recursive: true, force: true });
  });
  return { train, validation, work };
}
