import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../src/node/paths.js';
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

/** Makes docs/kernels.md, docs/bench.svg and the table in README.md from the last lines of bench/results. */
export async function report(): Promise<void> {
  await writeLadder();
  const peers = await lastOf<PeersResult>('peers');
  if (!peers) throw new Error("bench/results/peers.jsonl has no line yet: run 'npm run bench -- peers --python PATH' first");
  const epoch = await lastOf<EpochResult>('epoch');
  await mkdir(join(packageRoot, 'docs'), { recursive: true });
  await writeFile(join(packageRoot, CHART), chart(peers));
  const file = join(packageRoot, 'README.md');
  const readme = existsSync(file) ? await readFile(file, 'utf8') : '';
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no line ${BEGIN} with a line ${END} below it to put the table between`);
  await writeFile(file, `${readme.slice(0, begin)}${BEGIN}\n${section(peers, epoch)}\n${readme.slice(end)}`);
  console.log(`Wrote ${CHART} and the table in README.md`);
}

/** The newest result of a bench. */
async function lastOf<T>(bench: string): Promise<T | undefined> {
  const file = join(packageRoot, 'bench', 'results', `${bench}.jsonl`);
  if (!existsSync(file)) return undefined;
  const line = (await readFile(file, 'utf8')).trim().split('\n').at(-1);
  return line ? (JSON.parse(line) as T) : undefined;
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
