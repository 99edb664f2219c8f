import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../src/node/paths.js';

/** Folders from the ground up: each imports from those above it in this list, and those of its own line, alone. '.' holds what the package exports. */
const LAYERS: readonly (readonly string[])[] = [
  ['src/engine'],
  ['src/ops'],
  ['src/reference'],
  ['src/kernels'],
  ['src/gpu'],
  ['src/nn'],
  ['src/data', 'src/formats', 'src/node'],
  ['src/inspect'],
  ['src/check'],
  ['src/bench'],
  ['src'],
  ['src/run'],
  ['src/studio'],
  ['src/cli'],
  ['bench'],
];

/** Besides: what must not know of one another, though one lies above the other. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ['src/gpu', 'src/reference'],
  ['src/kernels', 'src/reference'],
  ['src/nn', 'src/gpu'],
  ['src/nn', 'src/reference'],
  ['src/run', 'src/inspect'],
];

const folderOf = (file: string): string =>
  relative(packageRoot, dirname(file))
    .split(sep)
    .slice(0, 2)
    .join('/')
    .replace(/^bench.*/, 'bench');

const imports = ['src', 'bench'].flatMap(root =>
  readdirSync(join(packageRoot, root), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name))
    .map(name => join(packageRoot, root, name))
    .flatMap(file =>
      [...readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, name]) => ({
        file: relative(packageRoot, file),
        from: folderOf(file),
        to: folderOf(join(dirname(file), name!)),
      })),
    ),
);

const layerOf = (folder: string): number => LAYERS.findIndex(layer => layer.includes(folder));

test('every folder of sources has its layer', () => {
  expect(imports.length).toBeGreaterThan(1000);
  expect([...new Set(imports.map(({ from }) => from))].filter(folder => layerOf(folder) < 0)).toEqual([]);
});

test('dependencies point one way: cli, studio and bench on run, run on nn and data, nn on ops, ops on the engine', () => {
  expect(imports.filter(({ from, to }) => layerOf(to) > layerOf(from))).toEqual([]);
});

test('what need not know of one another does not', () => {
  const known = imports.filter(({ from, to }) => STRANGERS.some(([one, other]) => one === from && other === to));
  expect(known).toEqual([]);
});
