import type { Command } from 'commander';
import { cases } from '../check/cases.js';
import { checkCase, GUARD_BYTES } from '../check/run.js';
import { chooseNaive } from '../gpu/executor.js';
import { openAdapter } from '../node/adapter.js';
import { note } from '../node/terminal.js';
import { action, printJson } from './common.js';
import { printing } from './output.js';

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('run every kernel on this adapter against the CPU reference')
    .option('--adapter <name>', 'swiftshader, lavapipe, or part of the name of a system adapter')
    .option('--json', 'print one JSON object per kernel')
    .action(action(printing(check)));
}

async function check({ adapter, json }: { readonly adapter?: string; readonly json?: boolean }): Promise<void> {
  const { executor } = await openAdapter({ adapter, choose: chooseNaive, guardBytes: GUARD_BYTES });
  note(`Checking on ${executor.description}`);
  let failed = 0;
  let count = 0;
  try {
    for (const of of cases) {
      for (const result of await checkCase(of, executor)) {
        count += 1;
        if (!result.ok) failed += 1;
        if (json) printJson(result);
        else {
          const kernel = `${result.op}.${result.variant}`.padEnd(48);
          const verdict = result.ok
            ? 'ok'
            : result.damaged.length > 0
              ? `WROTE BEHIND ${result.damaged.join(', ')}`
              : `WRONG in ${result.tensor}`;
          console.log(
            `${kernel} error ${result.worst.error.toExponential(1)} (at most ${result.tolerance.toExponential(0)})  ${verdict}  ${result.case}`,
          );
        }
      }
    }
  } finally {
    await executor.close();
  }
  if (!json) console.log(`${count} kernels checked, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
