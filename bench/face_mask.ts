import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { action } from '../src/cli/common.js';
import { addDeviceOptions, integer } from '../src/cli/options.js';
import { train } from '../src/cli/train.js';
import { writeAtomically } from '../src/node/files.js';
import { pathSource } from '../src/node/model_source.js';
import { packageRoot } from '../src/node/paths.js';
import type { DeviceOptions } from '../src/run/device.js';
import { LAST } from '../src/run/names.js';
import { DEFAULTS } from '../src/run/options.js';
import { beginOf } from '../src/run/origin.js';
import { circumstances } from './harness.js';

type Epochs = Readonly<Record<string, readonly number[]>>;

interface Options extends DeviceOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly out: string;
}

const RESULTS = join(packageRoot, 'bench', 'results', 'face-mask');

/** The seed's program: its arguments are the defaults of `wgrad train`. Goes on where an earlier call was interrupted. */
async function run(data: string, options: Options): Promise<void> {
  const out = join(options.out, `seed-${options.seed}`);
  const last = join(out, LAST);
  const folders = { train: join(data, 'train'), validation: join(data, 'test') };
  const given = { ...DEFAULTS, ...options, ...folders, out, ...(existsSync(last) && { resume: last }) };
  await train(await beginOf(given, () => false, pathSource));
  if (process.exitCode === 130) return;
  await keep(out, options.seed);
  await summarize();
}

/** Puts the history and its plot with the results, and on what it was trained. */
async function keep(out: string, seed: number): Promise<void> {
  const folder = join(RESULTS, `seed-${seed}`);
  const { adapter, history, ...about } = JSON.parse(await readFile(join(out, 'history.json'), 'utf8'));
  await mkdir(folder, { recursive: true });
  for (const file of ['history.csv', 'history.svg']) await copyFile(join(out, file), join(folder, file));
  await writeAtomically(join(folder, 'history.json'), `${JSON.stringify({ ...about, ...circumstances(adapter), history }, null, 1)}\n`);
}

/** The best epoch of each seed, here and in as many epochs of Keras, as a table: printed, and in summary.md. */
async function summarize(): Promise<void> {
  const keras: Record<string, Epochs> = JSON.parse(await readFile(join(RESULTS, 'keras.json'), 'utf8')).histories;
  const lines = ['| seed | epochs | best val_loss | Keras | best val_acc | Keras |', '|---|---|---|---|---|---|'];
  for (const [seed, theirs] of Object.entries(keras)) {
    const file = join(RESULTS, `seed-${seed}`, 'history.json');
    if (!existsSync(file)) continue;
    const { history: ours } = JSON.parse(await readFile(file, 'utf8')) as { history: Epochs };
    const epochs = ours.val_loss!.length;
    const best = (of: Epochs): [string, string] => [
      Math.min(...of.val_loss!.slice(0, epochs)).toFixed(3),
      Math.max(...of.val_acc!.slice(0, epochs)).toFixed(3),
    ];
    const [[loss, acc], [theirLoss, theirAcc]] = [best(ours), best(theirs)];
    lines.push(`| ${seed} | ${epochs} | ${loss} | ${theirLoss} | ${acc} | ${theirAcc} |`);
  }
  console.log(lines.join('\n'));
  await writeAtomically(join(RESULTS, 'summary.md'), `${lines.join('\n')}\n`);
}

const program = new Command('bench:face-mask')
  .description("the seed's program on folders train/ and test/; its history goes to bench/results/face-mask")
  .argument('<data>', 'folder of train/ and test/, each with one subfolder per class')
  .option('--seed <n>', 'one of those that Keras was run with: 1, 2, 3', integer(0, 2 ** 32 - 1), 1)
  .option('--epochs <n>', 'epochs in total', integer(1), DEFAULTS.epochs)
  .option('--out <dir>', 'where checkpoints go, and from where an interrupted run goes on', join('out', 'face-mask'));
await addDeviceOptions(program).action(action(run)).parseAsync();
