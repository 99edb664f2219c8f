import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MAIN } from '../helpers/cli.js';
import { trainingFolders } from '../helpers/pictures.js';

const { train, validation, work } = await trainingFolders(20, 5);

const adapter = process.env.WGRAD_ADAPTER ? ` --adapter ${process.env.WGRAD_ADAPTER}` : '';

const training = (out: string, more = '--no-tune'): string =>
  `node ${MAIN} train --train ${train} --validation ${validation} --image-size 20x20 --seed 3 --epochs 2 --out ${join(work, out)} ${more}${adapter}`;

/** What a shell makes of a line: the exit code of its last command that failed, and its output. */
function shell(line: string, env: Readonly<Record<string, string | undefined>> = {}): Promise<{ code: number | null; text: string }> {
  const child = spawn('bash', ['-c', `set -o pipefail; ${line}`], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (text += data));
  return new Promise(resolve => child.on('close', code => resolve({ code, text })));
}

const FILES = ['history.csv', 'history.json', 'history.svg', 'last.safetensors'];

describe('a reader that is gone and a full disk for the output do not end training', () => {
  test.each<[string, (command: string) => string]>([
    ['head', (command: string) => `${command} 2>&1 | head -2`],
    ['head of JSON', (command: string) => `${command} --json | head -1`],
    ['no stdout', (command: string) => `${command} >&-`],
    ['no stdout and no stderr', (command: string) => `${command} >&- 2>&-`],
    ['a reader that leaves at once', (command: string) => `${command} 2>&1 | true`],
    ...(existsSync('/dev/full')
      ? [['a full disk', (command: string) => `${command} --json >/dev/full 2>/dev/full`] as [string, (command: string) => string]]
      : []),
  ])('%s', async (name, line) => {
    const out = name.replaceAll(' ', '_');
    const { code } = await shell(line(training(out)));
    expect(code).toBe(0);
    expect(await readdir(join(work, out))).toEqual(expect.arrayContaining(FILES));
    expect(JSON.parse(await readFile(join(work, out, 'history.json'), 'utf8')).history.loss).toHaveLength(2);
  });
});

describe('a command whose result is its output', () => {
  const predict = (): string => `node ${MAIN} predict ${join(work, 'head', 'last.safetensors')} ${validation}/*/*.png --no-tune${adapter}`;

  test('ends quietly when its reader has gone, as by SIGPIPE', async () => {
    // `head` may leave only when all has been written: `true` has left before.
    const { code, text } = await shell(`${predict()} | true`);
    expect(code).toBe(128 + 13);
    expect((await shell(`${predict()} | head -1`)).text).toMatch(/0\.png: (blue|red)/);
    expect(text).not.toContain('EPIPE');
  });

  test.runIf(existsSync('/dev/full'))('says that its output could not be written, and fails', async () => {
    const { code, text } = await shell(`${predict()} >/dev/full`);
    expect(text).toContain('wgrad: cannot write the output: the disk is full');
    expect(code).toBe(1);
  });
});

describe('a cache that cannot be written does not end training', () => {
  test('what was tuned is used, and it is said once that it is not kept', async () => {
    const file = join(work, 'file');
    await writeFile(file, '');
    const { code, text } = await shell(training('cache', '--max-steps 1'), { WGRAD_CACHE: join(file, 'cache') });
    expect(code).toBe(0);
    expect(text.match(/cannot write .*tune\.json: a part of its path is a file/g)).toHaveLength(1);
    expect(await readdir(join(work, 'cache'))).toEqual(expect.arrayContaining(FILES));
  });

  test.runIf(process.platform === 'linux')('a home that cannot be: SwiftShader is unpacked elsewhere', async () => {
    const line = training('home', '--max-steps 1 --no-tune --adapter swiftshader').replace(adapter, '');
    const { code, text } = await shell(line, { WGRAD_CACHE: undefined, XDG_CACHE_HOME: undefined, HOME: '/proc/none', TMPDIR: work });
    expect(text).toContain('SwiftShader');
    expect(code).toBe(0);
  });
});
