import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { setHdf5Worker } from '../../src/formats/hdf5/worker_door.js';
import { startHdf5Thread } from '../../src/node/hdf5.js';
import { damaged, type Fate, fateOf, goodModels } from '../helpers/damaged_models.js';

// Models of every kind damaged by rule, from a seed: bits turned, lengths changed, cut, JSON values replaced, entries exchanged behind good checksums.

setHdf5Worker(startHdf5Thread);

const COUNT = Number(process.env.WGRAD_DAMAGED ?? 2000);
const FIRST = Number(process.env.WGRAD_FIRST ?? 0);

/** What HDF5 may take, and 2 s more. */
const MOST_SECONDS = 10 + 2;

test(`${COUNT} damaged models are refused by their names or read with whole weights, in time, within 300 MB, and nothing is written`, async () => {
  const models = await goodModels();
  const folder = mkdtempSync(join(tmpdir(), 'wgrad-damaged-'));
  const here = process.cwd();
  process.chdir(folder);
  const before = process.memoryUsage().rss;
  const fates: Fate[] = [];
  const wrong: string[] = [];
  try {
    for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
      const fate = await fateOf(damaged(models, seed));
      fates.push(fate);
      if (fate.wrong !== undefined) wrong.push(`seed ${seed}, ${fate.kind}: ${fate.wrong}`);
      if (fate.seconds > MOST_SECONDS) wrong.push(`seed ${seed}, ${fate.kind}: ${fate.seconds} s`);
    }
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    process.chdir(here);
    rmSync(folder, { recursive: true });
  }
  const bytes = process.resourceUsage().maxRSS * 1024 - before;
  for (const kind of new Set(models.map(model => model.kind))) {
    const own = fates.filter(fate => fate.kind === kind);
    const count = (end: Fate['end']): number => own.filter(fate => fate.end === end).length;
    const slow = own.filter(({ seconds }) => seconds > 10).length;
    console.log(
      `${kind}: ${own.length} files, ${count('refused')} refused, ${count('weights only')} weights only, ${count('read')} read, ${slow} ended by the deadline`,
    );
  }
  console.log(`most memory beyond the start's: ${Math.round(bytes / 1e6)} MB`);
  expect(wrong).toEqual([]);
  expect(bytes).toBeLessThan(300e6);
}, 3_600_000);
