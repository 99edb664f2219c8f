import type { Command } from 'commander';
import { faceMaskNetwork } from '../nn/networks.js';
import { loadCheckpoint } from '../node/files.js';
import { action, imageSize } from './common.js';
import { printing } from './output.js';

export function addSummary(program: Command): void {
  program
    .command('summary [model]')
    .description('print the layers of a checkpoint, or of the face-mask network')
    .option('--image-size <HxW>', 'of the face-mask network', imageSize, [150, 150] as [number, number])
    .action(
      action(
        printing(async (file: string | undefined, options: { imageSize: [number, number] }) => {
          const model =
            file === undefined ? faceMaskNetwork({ imageSize: options.imageSize, seed: 0 }) : (await loadCheckpoint(file)).model;
          console.log(model.summary());
        }),
      ),
    );
}
