import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../src/node/paths.js';
import { batchesSection, type ScaleResult } from './batches.js';
import { barChart } from './chart.js';
import { formatMs, type Timing } from './harness.js';
import { writeLadder } from './ladder.js';

/** A line of bench/results/peers.jsonl. */
interface PeersResult {
  readonly adapter: string;
  readonly cpu: string;
  readonly node: string;
  readonly commit: string;
  readonly date: string;
  readonly batch: number;
  readonly standings: readonly { readonly name: string; readonly train?: Timing; readonly predict?: Timing }[];
}

/** A line of bench/results/epoch.jsonl. */
interface EpochResult {
  readonly adapter: string;
  readonly commit: string;
  readonly steps: number;
  readonly validationBatches: number;
  readonly epoch: { readonly ms: number };
  readonly overhead: number;
}

const BEGIN = '<!-- bench:start -->';
const END = '<!-- bench:end -->';
const CHART = join('docs', 'bench.svg');

/** Makes docs/kernels.md, docs/bench.svg, the table in README.md and that in docs/training.md from the last lines of bench/results. */
export async function report(): Promise<void> {
  await writeLadder();
  const peers = await lastOf<PeersResult>('peers');
  if (!peers) throw new Error("bench/results/peers.jsonl has no line yet: run 'npm run bench -- peers --python PATH' first");
  const epoch = await lastOf<EpochResult>('epoch');
  await mkdir(join(packageRoot, 'docs'), { recursive: true });
  await writeFile(join(packageRoot, CHART), chart(peers));
  await fill('README.md', section(peers, epoch));
  await fill(join('docs', 'training.md'), batchesSection(await allOf<ScaleResult>('scale')));
  console.log(`Wrote ${CHART} and the tables in README.md and docs/training.md`);
}

/** Puts text between the two lines of a page that stand for it. */
async function fill(page: string, text: string): Promise<void> {
  const file = join(packageRoot, page);
  const before = existsSync(file) ? await readFile(file, 'utf8') : '';
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${page} has no line ${BEGIN} with a line ${END} below it to put the table between`);
  await writeFile(file, `${before.slice(0, begin)}${BEGIN}\n${text}\n${before.slice(end)}`);
}

/** The results of a bench, the newest last. */
async function allOf<T>(bench: string): Promise<T[]> {
  const file = join(packageRoot, 'bench', 'results', `${bench}.jsonl`);
  const lines = existsSync(file) ? (await readFile(file, 'utf8')).trim().split('\n') : [];
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as T);
}

async function lastOf<T>(bench: string): Promise<T | undefined> {
  return (await allOf<T>(bench)).at(-1);
}

function section(peers: PeersResult, epoch: EpochResult | undefined): string {
  const ours = peers.standings[0]!;
  const cell = (timing: Timing | undefined, own: Timing | undefined): string => {
    if (!timing) return '–';
    const ratio = timing === own || !own ? '' : ` (${(timing.median / own.median).toPrecision(3)} x)`;
    return `${formatMs(timing.median)}${ratio}`;
  };
  const rows = peers.standings.map(
    ({ name, train, predict }) => `| ${name} | ${cell(train, ours.train)} | ${cell(predict, ours.predict)} |`,
  );
  const lines = [
    `The face-mask network at batch ${peers.batch}, median of samples taken in turn (in brackets: times ours). ${peers.adapter}, ${peers.cpu}, Node ${peers.node}, commit ${peers.commit}, ${peers.date.slice(0, 10)}.`,
    '',
    `| | train step | predict of ${peers.batch} |`,
    '|---|---|---|',
    ...rows,
    '',
    `![Milliseconds of a training step](${CHART.replaceAll('\\', '/')})`,
  ];
  if (epoch) {
    const { steps, validationBatches, epoch: whole, overhead } = epoch;
    const more = `${Math.abs(100 * overhead).toFixed(1)} % ${overhead < 0 ? 'less' : 'more'}`;
    lines.push(
      '',
      `A whole epoch – ${steps} steps with augmentation, ${validationBatches} validation batches, a checkpoint – takes ${formatMs(whole.ms)}: ${more} than its steps and forward passes one by one (commit ${epoch.commit}).`,
    );
  }
  return lines.join('\n');
}

function chart({ standings, batch }: PeersResult): string {
  const bars = standings.flatMap(({ name, train }) => (train ? [{ label: name, value: train.median, text: formatMs(train.median) }] : []));
  return barChart(`A training step at batch ${batch}, milliseconds on a logarithmic scale`, bars);
}
