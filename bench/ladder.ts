import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpsResult, OpsRow } from '../src/bench/ops.js';
import { formatMs } from '../src/bench/timing.js';
import { KERNELS } from '../src/kernels/index.js';
import type { OpKernels } from '../src/kernels/variant.js';
import { packageRoot } from '../src/node/paths.js';
import { type RegistersResult, registersTable } from './registers_table.js';
import { rooflineTable } from './roofline.js';

const PAGE = join('docs', 'kernels.md');

/** Pictures a step that the network trains with. */
const BATCH = 10;

/** How much faster than the next a variant must be somewhere to stay. */
const WORTH = 1.1;

/** Writes docs/kernels.md from the newest result of each adapter in bench/results/ops.jsonl. */
export async function writeLadder(): Promise<void> {
  const lines = (await readFile(join(packageRoot, 'bench', 'results', 'ops.jsonl'), 'utf8')).trim().split('\n');
  const newest = new Map(lines.map(line => JSON.parse(line) as OpsResult).map(result => [shortName(result.adapter), result]));
  const registers = await readFile(join(packageRoot, 'bench', 'results', 'registers.jsonl'), 'utf8').catch(() => '');
  const compiled = registers.trim().split('\n').at(-1);
  await writeFile(
    join(packageRoot, PAGE),
    ladderPage([...newest.values()], await rooflineTable(BATCH), compiled ? (JSON.parse(compiled) as RegistersResult) : undefined),
  );
  console.log(`Wrote ${PAGE}`);
}

/** `llvmpipe` of `llvmpipe: Mesa 25.0.7 … (mesa software …)`. */
export const shortName = (adapter: string): string => adapter.split(/[:(]/)[0]!.trim();

/** A size at which an op was timed on an adapter. */
interface Column {
  readonly title: string;
  readonly ms: ReadonlyMap<string, number>;
}

function columnsOf(op: string, results: readonly OpsResult[]): Column[] {
  return results.flatMap(({ adapter, rows }) => {
    const own = rows.filter(row => row.op === op);
    return [...new Set(own.map(row => row.of))].map(of => ({
      title: `${of}, ${shortName(adapter)}`,
      ms: new Map(own.filter(row => row.of === of).map(({ variant, ms }) => [variant, ms])),
    }));
  });
}

/** Whether a variant was timed, and is nowhere clearly faster than all others. */
const winsNowhere = (variant: string, columns: readonly Column[]): boolean =>
  columns.some(({ ms }) => ms.has(variant)) &&
  !columns.some(({ ms }) => {
    const others = [...ms].filter(([name]) => name !== variant).map(([, time]) => time);
    return ms.has(variant) && Math.min(...others) >= WORTH * ms.get(variant)!;
  });

/** The page, of a result for each adapter, of what a step should take on GPUs, and of what a compiler makes of the kernels. */
export function ladderPage(results: readonly OpsResult[], roofline: readonly string[], registers?: RegistersResult): string {
  const several = KERNELS.filter(({ variants }) => variants.length > 1);
  const single = KERNELS.filter(({ variants }) => variants.length === 1).map(({ op }) => `\`${op}\``);
  return [
    '# Kernels',
    '',
    '`npm run bench -- ops` times every way to compute an op of the face-mask network, and ops that other networks have, and writes this page from `bench/results/ops.jsonl`: the fastest run, and how many times as',
    'fast as the naive kernel it is (×). The fastest of a column is bold. Each kernel is a file in `shaders/`; its page in `src/kernels/` says how it is started.',
    'Read an op from top to bottom: each line says what a kernel does that the one before does not. On your adapter a tuner measures and chooses; untuned, the last',
    'that is made for its kind is taken. `moves` is how many times the least that an op must move its dispatches move together.',
    '',
    ...results.map(
      ({ adapter, cpu, commit, date, batch }) =>
        `- ${shortName(adapter)}: ${adapter}, ${cpu}, batch ${batch}, commit ${commit}, ${date.slice(0, 10)}`,
    ),
    '',
    `A kernel that is nowhere ${Math.round(100 * (WORTH - 1))} % faster than all others goes, if that holds at the batch of 10 that the network trains with too; but for the naive one and those made for GPUs, which wait for a GPU's results.`,
    '',
    ...several.flatMap(kernels =>
      ladder(
        kernels,
        columnsOf(kernels.op, results),
        results.flatMap(({ rows }) => rows),
      ),
    ),
    '## Computed in one way only',
    '',
    `${single.join(', ')}.`,
    '',
    ...roofline,
    ...(registers ? registersTable(registers) : []),
  ].join('\n');
}

function ladder({ op, variants }: OpKernels, columns: readonly Column[], rows: readonly OpsRow[]): string[] {
  const moves = (variant: string): string => {
    const moved = rows.find(row => row.op === op && row.variant === variant)?.moved;
    return moved === undefined ? '–' : `${moved.toFixed(1)} ×`;
  };
  const cell = (variant: string, { ms }: Column): string => {
    const time = ms.get(variant);
    if (time === undefined) return '–';
    const fastest = Math.min(...variants.map(({ name }) => ms.get(name) ?? Infinity));
    const ratio = variant === 'naive' ? '' : ` (${Number((ms.get('naive')! / time).toPrecision(2))} ×)`;
    const text = `${formatMs(time)}${ratio}`;
    return time === fastest ? `**${text}**` : text;
  };
  const names = new Set(variants.map(({ name }) => name));
  const current = columns.map(({ title, ms }) => ({ title, ms: new Map([...ms].filter(([name]) => names.has(name))) }));
  const idle = variants
    .filter(({ name, rank, madeFor }) => rank > 0 && madeFor !== 'GPUs' && winsNowhere(name, current))
    .map(({ name }) => name);
  const table = [
    `| ${['kernel', ...current.map(({ title }) => title), 'moves', 'made for', 'what it does'].join(' | ')} |`,
    `|${'---|'.repeat(current.length + 4)}`,
    ...variants.map(
      ({ name, madeFor, does }) => `| ${[name, ...current.map(column => cell(name, column)), moves(name), madeFor, does].join(' | ')} |`,
    ),
  ];
  return [`## ${op}`, '', ...table, '', ...(idle.length > 0 ? [`Wins nowhere at these batches: ${idle.join(', ')}.`, ''] : [])];
}
