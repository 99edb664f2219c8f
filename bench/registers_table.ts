import type { CompiledKernel } from './compiled_kernels.js';

/** What AMD's compiler makes of a kernel. */
export interface RegistersRow extends CompiledKernel {
  readonly vgprs: number;
  /** Registers of both kinds that went to memory. */
  readonly spills: number;
  /** Bytes of workgroup memory. */
  readonly lds: number;
  /** How many subgroups a SIMD holds at a time, of 8 at most: while one waits for memory, another computes. */
  readonly subgroups: number;
  readonly instructions: number;
  /** Cycles, as the compiler guesses them: from the first instruction to the last, and from one subgroup to the next. */
  readonly latency: number;
  readonly throughput: number;
}

export interface RegistersResult {
  readonly driver: string;
  readonly chip: string;
  readonly commit: string;
  readonly date: string;
  readonly batch: number;
  readonly rows: readonly RegistersRow[];
}

/** A kernel that is written for GPUs must leave room for so many subgroups a SIMD. */
const WANTED_SUBGROUPS = 4;

/** The part of docs/kernels.md on it. */
export function registersTable({ driver, chip, commit, date, rows }: RegistersResult): string[] {
  const line = ({ op, variant, shader, vgprs, spills, lds, subgroups, instructions, madeFor }: RegistersResult['rows'][number]): string => {
    const held = madeFor === 'GPUs' && subgroups < WANTED_SUBGROUPS ? `**${subgroups}**` : `${subgroups}`;
    return `| ${[`${op} ${variant}`, shader, madeFor, vgprs, spills, lds, held, instructions].join(' | ')} |`;
  };
  return [
    "## What a GPU's compiler makes of them",
    '',
    `\`npm run bench -- registers\` compiles every kernel for AMD's ${chip} by ${driver}, which needs no such chip (commit ${commit}, ${date.slice(0, 10)}). A chip hides the`,
    `time that memory takes by computing another subgroup meanwhile: kernels made for GPUs are to leave room for ${WANTED_SUBGROUPS} subgroups a SIMD, which is up to 64 registers, and to spill none.`,
    '',
    '| kernel | shader | made for | registers | spilled | bytes of workgroup memory | subgroups a SIMD | instructions |',
    `|${'---|'.repeat(8)}`,
    ...rows.map(line),
    '',
  ];
}
