import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { thisProcess } from '../../src/node/processes.js';
import { FolderLock } from '../../src/run/lock.js';
import { MAIN, wgrad } from '../helpers/cli.js';
import { trainingFolders } from '../helpers/pictures.js';
import { startStudio } from '../helpers/studio.js';

const { train, validation, work } = await trainingFolders(20, 5);

const arguments_ = (out: string, ...more: string[]): string[] => [
  ...['train', '--train', train, '--validation', validation, '--image-size', '20x20', '--seed', '3', '--no-tune', '--epochs', '1'],
  ...['--out', join(work, out), ...more],
];

async function lock(out: string, of: object, age = 0): Promise<string> {
  const path = join(work, out, 'run.lock');
  await mkdir(join(work, out), { recursive: true });
  await writeFile(path, JSON.stringify({ ...thisProcess, host: hostname(), since: '2026-01-01', ...of }));
  const then = new Date(Date.now() - age);
  await utimes(path, then, then);
  return path;
}

describe('a folder is one run at a time', () => {
  test('the second is refused before anything is computed, the first goes on', async () => {
    let second: ReturnType<typeof wgrad> | undefined;
    const first = await wgrad(arguments_('both', '--epochs', '30', '--json'), (line, child) => {
      if (second || JSON.parse(line).event !== 'step') return;
      second = wgrad(arguments_('both'));
      void second.then(() => child.kill('SIGINT'));
    });
    const { code, stderr, stdout } = await second!;
    expect(stderr).toMatch(/both is in use by another run, process \d+ on .* since .*: wait for its end, or give another --out/);
    expect(stderr).not.toContain('computing on');
    expect(stdout).not.toContain('epoch');
    expect(code).toBe(1);
    expect(first.code).toBe(130);
    expect(existsSync(join(work, 'both', 'run.lock'))).toBe(false);
  });

  const { pid, started } = thisProcess;
  test.each<[string, object, number]>([
    ['of a process that is dead', { pid: 4194304 }, 0],
    ...(started === undefined
      ? []
      : [['of a process that had a number which another has now', { pid, started: '1' }, 0] as [string, object, number]]),
    ['of another machine that has been silent for long', { place: '00000000' }, 300_000],
    ['that is damaged', { pid: 'x' }, 60_000],
  ])('a lock %s is taken over', async (name, of, age) => {
    const out = name.replaceAll(' ', '_');
    const path = await lock(out, of, age);
    const { code, stderr } = await wgrad(arguments_(out, '--max-steps', '1'));
    expect(code, stderr).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test.each<[string, object]>([
    ['of a process that goes on', {}],
    ['of another machine that was heard of lately', { place: '00000000', pid: 4194304 }],
  ])('a lock %s is left alone', async (name, of) => {
    const out = name.replaceAll(' ', '_');
    const path = await lock(out, of);
    const text = await readFile(path, 'utf8');
    const { code, stderr } = await wgrad(arguments_(out, '--max-steps', '1'));
    expect(stderr).toContain('is in use by another run');
    expect(code).toBe(1);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test.skipIf(process.platform === 'win32')('a lock that leads nowhere is said', async () => {
    await mkdir(join(work, 'nowhere'));
    await symlink(join(work, 'none'), join(work, 'nowhere', 'run.lock'));
    await expect(FolderLock.take(join(work, 'nowhere'))).rejects.toThrow(
      'run.lock is there, and is not a lock that can be read: remove it',
    );
  });

  test('of several that begin at once beside a dead one, one trains', async () => {
    await lock('race', { pid: 4194304 });
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => wgrad(arguments_('race', '--epochs', '12', '--overwrite'))));
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1]);
    expect((await readdir(join(work, 'race'))).filter(name => name.includes('lock'))).toEqual([]);
  });
});

describe("another run's checkpoint is not written over unasked", () => {
  beforeAll(async () => {
    expect((await wgrad(arguments_('used'))).code).toBe(0);
  });

  test('without --resume and --overwrite the run stops', async () => {
    const before = await readFile(join(work, 'used', 'last.safetensors'));
    const { code, stderr } = await wgrad(arguments_('used', '--seed', '4'));
    expect(stderr).toContain(
      `used has a run's checkpoint, ${join(work, 'used', 'last.safetensors')}: go on with it by --resume, write over`,
    );
    expect(code).toBe(1);
    expect((await readFile(join(work, 'used', 'last.safetensors'))).equals(before)).toBe(true);
  });

  test('a checkpoint of another run does not go on there either', async () => {
    expect((await wgrad(arguments_('other'))).code).toBe(0);
    const { code, stderr } = await wgrad(arguments_('used', '--epochs', '2', '--resume', join(work, 'other', 'last.safetensors')));
    expect(stderr).toContain("has a run's checkpoint");
    expect(code).toBe(1);
  });

  test('--overwrite goes on, and so does --resume of its own', async () => {
    expect((await wgrad(arguments_('used', '--epochs', '2', '--resume', join(work, 'used', 'last.safetensors')))).code).toBe(0);
    expect((await wgrad(arguments_('used', '--overwrite', '--seed', '4'))).code).toBe(0);
  });
});

test('a run that goes on from an earlier epoch keeps the last checkpoint of before by another name', async () => {
  const at = (name: string): string => join(work, 'branch', name);
  expect((await wgrad(arguments_('branch', '--epochs', '2', '--checkpoint', 'epoch-{epoch}.safetensors'))).code).toBe(0);
  const before = await readFile(at('last.safetensors'));
  const { code, stderr } = await wgrad(arguments_('branch', '--epochs', '2', '--lr', '0.1', '--resume', at('epoch-1.safetensors')));
  expect(code, stderr).toBe(0);
  const kept = /it is kept as (.*)/.exec(stderr)![1]!;
  expect((await readFile(kept)).equals(before)).toBe(true);
  expect((await readFile(at('last.safetensors'))).equals(before)).toBe(false);
  const again = await wgrad(arguments_('branch', '--epochs', '3', '--resume', at('last.safetensors')));
  expect(again.stderr).not.toContain('is kept as');
  expect((await readdir(join(work, 'branch'))).filter(name => name.startsWith('last')).length).toBe(2);
});

test('a run that has nothing left to do is whole in another folder, too', async () => {
  expect((await wgrad(arguments_('from'))).code).toBe(0);
  const last = join(work, 'from', 'last.safetensors');
  expect((await wgrad(arguments_('to', '--resume', last))).code).toBe(0);
  expect((await readFile(join(work, 'to', 'last.safetensors'))).equals(await readFile(last))).toBe(true);
});

test.runIf(process.platform === 'linux')('a program that was started again ends, saved, when the one that did it is killed', async () => {
  // What relaunch() does, with this process in its place.
  const out = join(work, 'orphan');
  const parent = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, process.argv.slice(1), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, WGRAD_RELAUNCHED: '1' }, detached: true });
    child.on('exit', () => process.exit());`;
  const args = ['-e', parent, MAIN, ...arguments_('orphan', '--epochs', '1000', '--json')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.on('data', data => (text += data));
  child.stdout.on('data', data => {
    if (String(data).includes('"epoch":2')) child.kill('SIGKILL');
  });
  // Its pipes close when both have ended.
  await new Promise(resolve => child.on('close', resolve));
  expect(text).toContain(`Saved. Resume with --resume ${join(out, 'last.safetensors')}`);
  expect(existsSync(join(out, 'run.lock'))).toBe(false);
});

test("a run of the studio has its folder to itself, and is saved when the studio's process is killed or its terminal closed", async () => {
  const runs = join(work, 'runs');
  for (const [name, signal] of [
    ['killed', 'SIGKILL'],
    ['closed', 'SIGHUP'],
  ] as const) {
    const out = join(runs, name);
    const studio = await startStudio(['studio', '--json', '--no-open', '--no-tune', '--runs', runs]);
    const page = await studio.connect();
    const config = { train, validation, out, epochs: 1000, batchSize: 10, imageSize: [20, 20], seed: 3, augment: true } as const;
    page.send({ type: 'start', config });
    await page.until('steps');
    const { code, stderr } = await wgrad(arguments_(join('runs', name)));
    expect(stderr).toContain('is in use by another run');
    expect(code).toBe(1);
    studio.child.kill(signal);
    const lock = join(out, 'run.lock');
    for (const end = Date.now() + 60_000; existsSync(lock) && Date.now() < end; ) await new Promise(resolve => setTimeout(resolve, 50));
    expect(existsSync(lock)).toBe(false);
    const last = join(out, 'last.safetensors');
    const goOn = await wgrad(arguments_(join('runs', name), '--epochs', '1', '--resume', last));
    expect(goOn.stderr).toContain('epochs');
    expect(goOn.code).toBe(0);
  }
});
