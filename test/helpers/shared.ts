import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readSafetensors } from '../../src/formats/safetensors.js';

/** Folder of the reference values and photographs that are not part of the project: WGRAD_SHARED, or ../shared beside it. */
export const shared: string = resolve(process.env.WGRAD_SHARED ?? join(import.meta.dirname, '../../../shared'));

const fixtures = join(import.meta.dirname, '../fixtures');

/** Values that real Keras gave, and the pictures that it gave them for. */
export interface Judge {
  readonly name: string;
  /** Folder of augment.json, options.json, fit.json, exact.json and their tensors. */
  readonly values: string;
  /** Folder of classes of pictures. */
  readonly pictures: string;
}

/** All there are: for the faces that every clone has, and for photographs where the shared folder is. */
export const judges: readonly Judge[] = [
  { name: 'synthetic faces', values: join(fixtures, 'faces'), pictures: join(import.meta.dirname, '../../data/faces') },
  { name: 'photographs', values: join(shared, 'goldens'), pictures: join(shared, 'goldens/photos') },
].filter(({ values }) => existsSync(values));

/** A judge's JSON document, and its tensors. */
export function judgeJson<T>({ values }: Judge, name: string): T {
  return JSON.parse(readFileSync(join(values, `${name}.json`), 'utf8')) as T;
}

export function judgeTensors({ values }: Judge, name: string) {
  return readSafetensors(name, readFileSync(join(values, `${name}.safetensors`))).tensors;
}

/** A file of test/fixtures, as JSON. */
export function fixtureJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(fixtures, name), 'utf8')) as T;
}

/** Tensors of a safetensors file of test/fixtures. */
export function fixtureTensors(name: string) {
  return readSafetensors(name, readFileSync(join(fixtures, name))).tensors;
}

/** Whether a file or folder of the shared ones is there. Tests that need it are skipped where it is not, and not_run.ts says so. */
export function hasShared(path: string): boolean {
  return existsSync(join(shared, path));
}
