import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAIN, wgrad } from '../helpers/cli.js';
import { pictureFolder } from '../helpers/pictures.js';

let pictures = '';
let work = '';

beforeAll(async () => {
  pictures = await pictureFolder(6, 20, 1);
  work = await mkdtemp(join(tmpdir(), 'wgrad-'));
});
afterAll(async () => {
  for (const folder of [pictures, work]) await rm(folder, { recursive: true, force: true });
});

const arguments_ = (out: string, ...more: string[]): string[] => [
  ...['train', '--train', pictures, '--validation', pictures, '--image-size', '20x20', '--seed', '3', '--no-tune', '--json'],
  ...['--epochs', '3', '--out', out, ...more],
];

const FILES = ['history.csv', 'history.json', 'history.svg', 'last.safetensors'];

/** A file system of so many bytes, where this process may mount one. */
function mounted(folder: string, bytes: number): boolean {
  return process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]).status === 0;
}

test('a disk that is too small for decoded pictures, or becomes full, keeps none, and the run gives the same', async context => {
  const disk = join(work, 'cache');
  await mkdir(disk);
  // What is kept leaves 256 MiB free.
  const size = 300 * 2 ** 20;
  if (!mounted(disk, size)) {
    console.log('not run: a full disk for the cache; only root can mount a small one, on Linux');
    return context.skip();
  }
  try {
    const env = { WGRAD_CACHE: disk };
    const whole = join(work, 'held');
    expect((await wgrad(arguments_(whole, '--device', 'cpu'), undefined, env)).code).toBe(0);
    const wanted = await readFile(join(whole, 'last.safetensors'));
    const filler = join(disk, 'filler');
    const fill = (): void => void spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M', 'count=300']);
    for (const isFullFirst of [true, false]) {
      await rm(filler, { force: true });
      if (isFullFirst) fill();
      const out = join(work, `full-${isFullFirst}`);
      const told = (line: string): void => void (!isFullFirst && line.includes('kept in') && fill());
      const { code, stderr } = await wgrad(arguments_(out, '--device', 'cpu', '--memory', '1'), undefined, env, told);
      expect(code, stderr).toBe(0);
      if (isFullFirst) expect(stderr.match(/decodes them anew: its disk has /g), stderr).toHaveLength(2);
      expect((await readFile(join(out, 'last.safetensors'))).equals(wanted)).toBe(true);
    }
  } finally {
    spawnSync('umount', [disk]);
  }
});

test('a disk that is full does not end the run, and leaves no part of a file; when there is room, all is written', async context => {
  const disk = join(work, 'disk');
  await mkdir(disk);
  if (!mounted(disk, 24 * 2 ** 20)) {
    console.log('not run: a full disk; only root can mount a small one, on Linux');
    return context.skip();
  }
  try {
    const out = join(disk, 'out');
    const filler = join(disk, 'filler');
    // All but 64 KiB, and a checkpoint takes megabytes.
    await writeFile(filler, Buffer.alloc(24 * 2 ** 20 - 65536));
    const full = await wgrad(arguments_(out));
    expect(full.stderr).toMatch(/cannot write .*last\.safetensors: the disk is full\. The run continues and tries again\./);
    expect(full.stderr).toMatch(/wgrad: the run has ended, and not all of it is saved: .*last\.safetensors: the disk is full/);
    expect(full.stdout.match(/"event":"epoch"/g)).toHaveLength(3);
    expect(full.code).toBe(1);
    expect((await readdir(out)).filter(name => name.includes('safetensors') || name.includes('tmp') || name.includes('lock'))).toEqual([]);
    const removals: Promise<void>[] = [];
    // One file for the best epochs: with one for each, the disk would be full again.
    const longer = ['--epochs', '30', '--checkpoint', 'best.safetensors', '--overwrite'];
    const room = await wgrad(arguments_(out, ...longer), line => {
      if (JSON.parse(line).event === 'epoch' && removals.length === 0) removals.push(rm(filler));
    });
    await Promise.all(removals);
    expect(room.stderr).toMatch(/last\.safetensors is written now\./);
    expect(room.code, room.stderr).toBe(0);
    const whole = join(work, 'whole');
    expect((await wgrad(arguments_(whole, ...longer))).code).toBe(0);
    expect((await readFile(join(out, 'last.safetensors'))).equals(await readFile(join(whole, 'last.safetensors')))).toBe(true);
  } finally {
    spawnSync('umount', [disk]);
  }
});

test('a folder that is removed during the run is made again', async () => {
  const out = join(work, 'removed');
  const removals: Promise<void>[] = [];
  const { code, stderr } = await wgrad(arguments_(out, '--epochs', '30'), line => {
    if (JSON.parse(line).event === 'epoch' && removals.length === 0) removals.push(rm(out, { recursive: true, force: true }));
  });
  await Promise.all(removals);
  expect(code, stderr).toBe(0);
  expect(await readdir(out)).toEqual(expect.arrayContaining(FILES));
});

test.skipIf(process.platform === 'win32')('a limit on the size of files is met as a full disk is', async () => {
  const out = join(work, 'limited');
  const child = spawn(
    'sh',
    ['-c', 'ulimit -f 100; exec "$0" "$@"', process.execPath, MAIN, ...arguments_(out, '--device', 'cpu', '--max-steps', '1')],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr.on('data', data => (stderr += data));
  const code = await new Promise(resolve => child.on('close', resolve));
  expect(stderr).toContain('it is larger than files may be here. The run continues and tries again.');
  expect(code).toBe(1);
  expect((await readdir(out)).sort()).toEqual(FILES.filter(name => name.startsWith('history')));
});
