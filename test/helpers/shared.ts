import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readSafetensors } from '../../src/formats/safetensors.js';

/** Folder of the reference values and photographs that are not part of the project: WGRAD_SHARED, or ../shared beside it. */
export const shared: string = resolve(process.env.WGRAD_SHARED ?? join(import.meta.dirname, '../../../shared'));

const fixtures = join(import.meta.dirname, '../fixtures');

/** A file of test/fixtures, as JSON. */
export function fixtureJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(fixtures, name), 'utf8')) as T;
}

/** Tensors of a safetensors file of test/fixtures. */
export function fixtureTensors(name: string) {
  return readSafetensors(name, readFileSync(join(fixtures, name))).tensors;
}

/** Whether a file or folder of the shared ones is there; tests that need it are skipped by name where it is not. */
export function hasShared(path: string): boolean {
  return existsSync(join(shared, path));
}
