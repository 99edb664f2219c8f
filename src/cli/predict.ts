import type { Command } from 'commander';
import { ImageDataGenerator } from '../data/generator.js';
import { plain } from '../data/plain.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { byClass, prediction } from '../inspect/mistakes.js';
import { type DeviceOptions, withExecutor } from '../run/device.js';
import { openForUse } from '../run/open_for_use.js';
import { readFiles } from '../run/reading.js';
import { classesOf, type UseOptions } from '../run/use.js';
import { action, percent, printJson } from './common.js';
import { addDeviceOptions, addMemoryOptions, addUseOptions } from './options.js';
import { printing } from './output.js';

interface PredictOptions extends DeviceOptions, UseOptions {
  readonly skipBroken?: boolean;
  readonly json?: boolean;
}

export function addPredict(program: Command): void {
  const command = program
    .command('predict <model> <files...>')
    .description('predict the class of image files')
    .option('--skip-broken', 'exit with 0 even if some images cannot be read')
    .option('--json', 'print one JSON object per file');
  addDeviceOptions(addMemoryOptions(addUseOptions(command))).action(action(printing(predict)));
}

/** Images computed at a time. */
const BATCH_SIZE = 10;

async function predict(file: string, paths: string[], options: PredictOptions): Promise<void> {
  const used = await openForUse(file, options);
  const { checkpoint, rescale } = used;
  const classes = classesOf(used);
  const images = await readFiles(used, paths, { ...options, skipBroken: true });
  const { filenames } = images;
  // The others' classes are told all the same.
  if (!options.skipBroken && filenames.length < paths.length) process.exitCode = 1;
  const source = new ImageDataGenerator({ rescale }).flow(images, {
    batchSize: BATCH_SIZE,
    shuffle: false,
    classMode: null,
  });
  await withExecutor(options, async executor => {
    const model = await compileCheckpoint(checkpoint, executor);
    const output = await model.predict(source);
    const { loss } = model.compiled;
    await model.close();
    await source.close();
    const units = output.length / filenames.length;
    filenames.forEach((name, i) => {
      const row = output.subarray(i * units, (i + 1) * units);
      const { predicted, confidence } = prediction(row, loss);
      const label = classes[predicted]!;
      const shares = byClass(row, loss);
      if (options.json) printJson({ file: name, label, probs: new Map(classes.map((each, u) => [each, shares[u]])) });
      else console.log(`${plain(name)}: ${plain(label)} (${percent(confidence)})`);
    });
  });
}
