import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Finding } from '../src/gpu/tune.js';
import { cacheFolder } from '../src/node/paths.js';
import { TuneFile } from '../src/node/tune_store.js';

let folder = '';
let before: NodeJS.ProcessEnv = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wgrad-'));
});
beforeEach(() => {
  before = { ...process.env };
  process.env.WGRAD_CACHE = folder;
});
afterEach(() => {
  process.env = before;
});
afterAll(() => rm(folder, { recursive: true }));

const found: [string, Finding] = ['key', { variant: 'naive', ms: { naive: 1.5 } }];

test.each([
  '{"a": 1',
  '"abc"',
  'null',
  '[1, 2]',
  '{"other": {"variant": 3}}',
  '{"other": {"variant": "a", "ms": {"a": "x"}}}',
  '{"other": null}',
])('a damaged file is made anew: %s', async content => {
  await writeFile(join(folder, 'tune.json'), content);
  const store = new TuneFile();
  expect((await store.load()).size).toBe(0);
  await store.add(new Map([found]));
  expect(JSON.parse(await readFile(join(folder, 'tune.json'), 'utf8'))).toEqual(Object.fromEntries([found]));
  expect([...(await store.load())]).toEqual([found]);
});

test('where nothing can be kept, it is said once', async () => {
  process.env.WGRAD_CACHE = join(folder, 'tune.json', 'below');
  const told: string[] = [];
  const store = new TuneFile(message => told.push(message));
  await store.add(new Map([found]));
  await store.add(new Map([found]));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^cannot write .*tune\.json: a part of its path is a file, wanted a folder/);
});

test.runIf(process.platform === 'linux')('the cache is a whole path, whatever the environment has', () => {
  delete process.env.WGRAD_CACHE;
  for (const given of ['', 'relative']) {
    process.env.XDG_CACHE_HOME = given;
    expect(cacheFolder()).toBe(join(homedir(), '.cache', 'wgrad'));
  }
});
