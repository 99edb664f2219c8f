import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { chooseNaive } from '../gpu/executor.js';
import { openAdapter } from '../node/adapter.js';
import { bundledSwiftShader, cachedLavapipe } from '../node/drivers.js';
import { cacheFolder, version } from '../node/paths.js';
import { action, printJson } from './common.js';
import { printing } from './output.js';

interface InfoOptions {
  readonly adapter?: string;
  readonly json?: boolean;
}

export function addInfo(program: Command): void {
  program
    .command('info')
    .description('list the adapters of this machine, their drivers, limits and features')
    .option('--adapter <name>', 'only this one')
    .option('--json', 'print JSON')
    .action(action(printing(info)));
}

async function info({ adapter, json }: InfoOptions): Promise<void> {
  const chosen = await describe(adapter);
  const others = adapter ? [] : await otherAdapters(chosen.description);
  const program = { version, node: process.version, platform: `${process.platform} ${process.arch}`, cache: cacheFolder() };
  if (json) {
    printJson({ ...program, adapter: chosen, others });
    return;
  }
  console.log(`wgrad ${version}, Node ${program.node}, ${program.platform}, cache in ${program.cache}\n`);
  console.log(`Adapter: ${chosen.description}${chosen.software ? ' (software)' : ''}`);
  console.log(`  features: ${chosen.features.join(', ')}`);
  for (const [name, value] of Object.entries(chosen.limits)) console.log(`  ${name}: ${value}`);
  for (const other of others) console.log(`Also here (--adapter ${other.name}): ${other.description}`);
}

async function describe(adapter: string | undefined) {
  const { executor, software } = await openAdapter({ adapter, choose: chooseNaive, verbose: true });
  const { features, ...limits } = executor.traits;
  const description = { description: executor.description, software, features: [...features].sort(), limits };
  await executor.close();
  return description;
}

/** The software adapters that are here besides the chosen one; each is asked in a process of its own, as drivers are found through the environment. */
async function otherAdapters(chosen: string): Promise<{ readonly name: string; readonly description: string }[]> {
  const drivers = [cachedLavapipe(), await bundledSwiftShader()].filter(driver => driver !== undefined);
  const found: { name: string; description: string }[] = [];
  for (const { name } of drivers) {
    const ask = promisify(execFile)(process.execPath, [process.argv[1]!, 'info', '--adapter', name, '--json']);
    const description = await ask.then(
      ({ stdout }) => (JSON.parse(stdout) as { adapter: { description: string } }).adapter.description,
      error => `does not open: ${String((error as { stderr?: string }).stderr ?? error).trim()}`,
    );
    if (description !== chosen) found.push({ name, description });
  }
  return found;
}
