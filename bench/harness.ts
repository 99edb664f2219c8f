import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../src/node/paths.js';

export { formatMs, formatTiming, summarize, type Timing, timed, timeInTurn } from '../src/bench/timing.js';
export { circumstances } from '../src/node/circumstances.js';

/** Appends a result as a line to bench/results/<bench>.jsonl, where this runs from a checkout. */
export async function keep(bench: string, result: Readonly<Record<string, unknown>>): Promise<void> {
  const folder = join(packageRoot, 'bench', 'results');
  if (existsSync(folder)) await appendFile(join(folder, `${bench}.jsonl`), `${JSON.stringify(result)}\n`);
}
