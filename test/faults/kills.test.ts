import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RandomState } from '../../src/engine/random.js';
import { wgrad } from '../helpers/cli.js';
import { trainingFolders } from '../helpers/pictures.js';

/** More for a longer look: WGRAD_KILLS=100. */
const KILLS = Number(process.env.WGRAD_KILLS ?? 20);
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT', 'SIGKILL'] as const;

/** Steps of the run between two kills, at most. */
const MOST_STEPS = 24;
const STEPS_PER_EPOCH = 50;
const EPOCHS = Math.ceil((KILLS * MOST_STEPS * 0.6) / STEPS_PER_EPOCH) + 1;

const { train, validation, work } = await trainingFolders(STEPS_PER_EPOCH / 2, 7);

const arguments_ = (out: string, ...more: string[]): string[] => [
  ...['train', '--train', train, '--validation', validation, '--image-size', '20x20', '--seed', '3', '--no-tune', '--batch-size', '1'],
  ...['--epochs', String(EPOCHS), '--out', join(work, out), '--save-every', '0.001', '--json', ...more],
];

const resumed = (out: string): string[] => {
  const last = join(work, out, 'last.safetensors');
  return existsSync(last) ? ['--resume', last] : [];
};

test(`${KILLS} kills at random moments, each gone on from: the same bytes as without`, { timeout: KILLS * 30_000 }, async () => {
  expect((await wgrad(arguments_('whole', '--save-every', '60'))).code).toBe(0);
  const random = new RandomState(20);
  const codes = new Map<number, number>();
  for (let kill = 0; kill < KILLS; kill++) {
    const signal = SIGNALS[kill % SIGNALS.length]!;
    // Some hit the start: reading pictures, taking the lock, opening the device.
    const early = random.interval(4) === 0;
    const steps = random.interval(MOST_STEPS - 1) + 1;
    const milliseconds = early ? random.interval(900) : random.interval(30);
    let seen = 0;
    const { code, stderr } = await wgrad(
      arguments_('killed', ...resumed('killed')),
      (line, child) => {
        seen += line.includes('"step"') ? 1 : 0;
        if (!early && seen === steps) setTimeout(() => child.kill(signal), milliseconds);
      },
      {},
      undefined,
      child => {
        if (early) setTimeout(() => child.kill(signal), milliseconds);
      },
    );
    expect([130, 137, 143, 129], stderr).toContain(code);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  const { code, stderr } = await wgrad(arguments_('killed', ...resumed('killed')));
  expect(code, stderr).toBe(0);
  console.log(`exit codes of the ${KILLS} killed runs: ${[...codes].map(([value, count]) => `${count} x ${value}`).join(', ')}`);
  const names = await readdir(join(work, 'whole'));
  expect((await readdir(join(work, 'killed'))).sort()).toEqual(names.sort());
  for (const name of names.filter(each => each !== 'history.json')) {
    const [killed, whole] = await Promise.all(['killed', 'whole'].map(out => readFile(join(work, out, name))));
    expect(killed!.equals(whole!), name).toBe(true);
  }
});

test('kill -9 in the midst of an epoch loses no more than --save-every', async () => {
  const { code } = await wgrad(arguments_('midst'), (line, child) => {
    const { event, epoch, step } = JSON.parse(line);
    if (event === 'step' && epoch === 2 && step >= 40) child.kill('SIGKILL');
  });
  expect(code).toBe(137);
  const { step } = JSON.parse(await header('midst'));
  expect(step).toBeGreaterThan(STEPS_PER_EPOCH + 10);
});

/** A checkpoint's own JSON. */
async function header(out: string): Promise<string> {
  const file = await readFile(join(work, out, 'last.safetensors'));
  const length = Number(file.readBigUInt64LE());
  return JSON.parse(file.subarray(8, 8 + length).toString()).__metadata__.wgrad;
}

test('what dead processes have left is removed, what living ones write is not', async () => {
  const out = join(work, 'whole');
  const place = (await import('../../src/node/processes.js')).place;
  const [dead, living, foreign, other] = [`.tmp-4194304-${place}-1`, `.tmp-${process.pid}-${place}-1`, '.tmp-1-00000000-1', 'notes.tmp'];
  for (const name of [dead, living, foreign, other]) await writeFile(join(out, name), '');
  expect((await wgrad(arguments_('whole', ...resumed('whole')))).code).toBe(0);
  const names = await readdir(out);
  expect(names).not.toContain(dead);
  expect(names).toEqual(expect.arrayContaining([living, foreign, other]));
});
