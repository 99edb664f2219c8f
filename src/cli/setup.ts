import type { Command } from 'commander';
import { planSetup } from '../node/setup.js';
import { action } from './common.js';

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description('install lavapipe, a fast software adapter, on Debian or Ubuntu; for machines without a GPU')
    .option('--dry-run', 'only say what it would do')
    .action(
      action(async ({ dryRun }: { readonly dryRun?: boolean }) => {
        const plan = await planSetup();
        console.log(`wgrad setup will${dryRun ? '' : ' now'}:`);
        for (const step of plan.steps) console.log(`  - ${step}`);
        if (dryRun) return;
        await plan.run();
        console.log("Done. 'wgrad info' shows the adapter.");
      }),
    );
}
