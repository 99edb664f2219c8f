import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { packageRoot } from '../node/paths.js';
import { action } from './common.js';

/** bench/main.ts as built: it is loaded by its path, since the package leaves it out, and since benches are clients of the program. */
const BENCH = join(packageRoot, 'dist', 'bench', 'main.js');

export function addBench(program: Command): void {
  program
    .command('bench [args...]')
    .description('time kernels and steps, in a clone of the repository: see `wgrad bench --help` there')
    .helpOption(false)
    .allowUnknownOption()
    .action(action(bench));
}

async function bench(args: readonly string[]): Promise<void> {
  if (!existsSync(BENCH))
    throw new Error("benches are not part of the installed package: clone wgrad's repository, and run `npm ci` and `npm run bench` there");
  const { runBench } = (await import(pathToFileURL(BENCH).href)) as { runBench(args: readonly string[]): Promise<void> };
  await runBench(args);
}
