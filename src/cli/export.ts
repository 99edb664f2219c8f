import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { plain } from '../data/plain.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { snakeCase } from '../formats/keras/names.js';
import { kerasProgram } from '../formats/keras/program.js';
import { fileOfModel } from '../formats/save.js';
import { compileConfig } from '../nn/config.js';
import { checkFree, ensureWritable, writeAtomically } from '../node/files.js';
import { bytesFor, targetOf, writeModelBytes } from '../node/model_files.js';
import { packageRoot } from '../node/paths.js';
import { note } from '../node/terminal.js';
import { ReferenceExecutor } from '../reference/executor.js';
import { augmentationOf } from '../run/augmentation.js';
import { extraOf } from '../run/extra.js';
import { openForUse } from '../run/open_for_use.js';
import type { UseOptions } from '../run/use.js';
import { choice } from '../run/values.js';
import { action } from './common.js';
import { addUseOptions, parserOf } from './options.js';
import { printing } from './output.js';

interface ExportOptions extends UseOptions {
  readonly program: 'keras';
  readonly overwrite?: boolean;
}

/** Names of what is written. */
const [MODEL, PROGRAM] = ['model.safetensors', 'train.py'];

export function addExport(program: Command): void {
  const command = program
    .command('export <model> <dir>')
    .description('write a model and a Python program that trains it further, on one machine or many')
    .requiredOption(
      '--program <keras>',
      'what the program is written for: Keras, tf_keras under tf.distribute or Keras 3 on JAX',
      parserOf(choice('keras')),
    )
    .option('--overwrite', 'overwrite the files of an earlier export');
  addUseOptions(command).action(action(printing(exportProgram)));
}

/** What a run of `wgrad train` begins with where a file does not say. */
const DEFAULTS = { batchSize: 10, seed: 0 };

async function exportProgram(path: string, folder: string, options: ExportOptions): Promise<void> {
  const used = await openForUse(path, options);
  const { checkpoint, rescale, colorMode, named, count } = used;
  const { untrainable } = checkpoint;
  if (untrainable !== undefined) throw new Error(`${path}: training can't go on with it: ${untrainable}`);
  const settings = extraOf(path, checkpoint).settings;
  if (checkpoint.compile === undefined) note(`${plain(path)} does not say how it is trained: by Adam and binary cross-entropy.`);
  if (settings?.compat === 'keras-preprocessing-1.1.2')
    note(`${plain(path)} was trained with affine maps of keras-preprocessing 1.1.2: the program has those of Keras 2.9.`);
  const targets = [MODEL, PROGRAM].map(name => join(folder, name!));
  for (const target of targets) checkFree(target, options.overwrite, 'give another folder');
  const template = await readFile(join(packageRoot, 'programs', 'train_keras.py'), 'utf8');
  const model = await compileCheckpoint(checkpoint, new ReferenceExecutor());
  const augmentation = Object.entries(augmentationOf(settings ?? { augment: true }));
  const text = kerasProgram(template, model, compileConfig(model.compiled), model.step, {
    ...DEFAULTS,
    ...(settings && { batchSize: settings.batchSize, seed: settings.seed ?? DEFAULTS.seed }),
    classes: named,
    classCount: count,
    rescale,
    colorMode,
    augmentation: Object.fromEntries(augmentation.map(([name, value]) => [snakeCase(name), value])),
  });
  const file = await fileOfModel(model, { ...checkpoint.extra, ...(named && { classes: named }), rescale });
  const bytes = await bytesFor(targetOf(targets[0]!), file);
  await ensureWritable(folder);
  await writeModelBytes(targets[0]!, bytes);
  await writeAtomically(targets[1]!, text);
  await model.close();
  console.log(`${plain(folder)}: ${MODEL} and ${PROGRAM}. Train further with: python ${plain(targets[1]!)} --train DIR --validation DIR`);
}
