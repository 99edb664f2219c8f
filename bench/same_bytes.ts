import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Tuner } from '../src/gpu/tune.js';
import { openAdapter } from '../src/node/adapter.js';
import { packageRoot } from '../src/node/paths.js';
import { digestOfRun, RUN_NAMES } from './behaviour.js';

/**
 * node dist/bench/same_bytes.js OTHER [ADAPTER]: whether this build and that in the checkout OTHER give the same bytes on a GPU, trained with the variants that
 * an untuned run takes, and with each variant of VARIANTS wherever it is supported. Prints a line for each; the exit code is 1 where one differs.
 */
const VARIANTS = [undefined, 'naive', 'tiled', 'windows', 'columns', 'split', 'units', 'blocks', 'lanes', 'winograd', 'winograd_blocks'];

const ONLY_PRINT = '--print';

type Digests = Readonly<Record<string, string>>;

async function digests(adapter: string | undefined): Promise<Digests> {
  const found: Record<string, string> = {};
  for (const variant of VARIANTS) {
    const { executor } = await openAdapter({ adapter, choose: new Tuner({ tune: false, variant }).choose });
    for (const name of RUN_NAMES) found[`${name}, ${variant ?? 'untuned'}`] = await digestOfRun(name, executor);
    await executor.close();
  }
  return found;
}

const [first, adapter] = process.argv.slice(2);
if (first === ONLY_PRINT) console.log(JSON.stringify(await digests(adapter)));
else if (!first) throw new Error('same_bytes: which other checkout? node dist/bench/same_bytes.js OTHER [ADAPTER]');
else {
  const [mine, theirs] = [packageRoot, resolve(first)].map(root => {
    const args = [join(root, 'dist', 'bench', 'same_bytes.js'), ONLY_PRINT, ...(adapter ? [adapter] : [])];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })) as Digests;
  });
  const lines = Object.entries(mine!).map(([run, digest]) => ({ run, same: theirs![run] === digest }));
  for (const { run, same } of lines) console.log(`${run.padEnd(28)} ${same ? 'same bytes' : 'DIFFERENT'}`);
  if (lines.some(({ same }) => !same)) process.exitCode = 1;
}
