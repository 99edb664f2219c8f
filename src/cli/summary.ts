import type { Command } from 'commander';
import { openNetwork } from '../formats/network.js';
import { pathSource } from '../node/model_source.js';
import { note } from '../node/terminal.js';
import { networkFor } from '../run/check_folders.js';
import { action } from './common.js';
import { imageSizeOption } from './options.js';
import { printing } from './output.js';

export function addSummary(program: Command): void {
  program
    .command('summary [model]')
    .description('print the layers of a checkpoint, or of the face-mask network')
    .addOption(imageSizeOption('of the face-mask network'))
    .action(
      action(
        printing(async (file: string | undefined, options: { imageSize: [number, number] }) => {
          if (file === undefined) console.log(networkFor(options.imageSize).summary());
          else {
            const { model, notes } = await openNetwork(await pathSource(file));
            for (const each of notes) note(`${file}: ${each}.`);
            console.log(model.summary());
          }
        }),
      ),
    );
}
