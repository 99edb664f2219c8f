import type { Command } from 'commander';
import { ImageDataGenerator } from '../data/generator.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { indexOfLargest } from '../inspect/mistakes.js';
import { loadCheckpoint } from '../node/files.js';
import { plain } from '../node/names.js';
import { type DeviceOptions, withExecutor } from '../run/device.js';
import { classesOf, extraOf } from '../run/extra.js';
import { readFiles } from '../run/reading.js';
import { action, percent, printJson } from './common.js';
import { addDeviceOptions } from './options.js';
import { printing } from './output.js';

interface PredictOptions extends DeviceOptions {
  readonly skipBroken?: boolean;
  readonly json?: boolean;
}

export function addPredict(program: Command): void {
  const command = program
    .command('predict <model> <files...>')
    .description('the class of image files')
    .option('--skip-broken', 'leave out images that cannot be read')
    .option('--json', 'print one JSON object a file');
  addDeviceOptions(command).action(action(printing(predict)));
}

/** Images computed at a time. */
const BATCH_SIZE = 10;

async function predict(file: string, paths: string[], options: PredictOptions): Promise<void> {
  const checkpoint = await loadCheckpoint(file);
  const { rescale } = extraOf(file, checkpoint);
  const classes = classesOf(file, checkpoint);
  const images = await readFiles(checkpoint, paths, options);
  const { filenames } = images;
  const source = new ImageDataGenerator({ rescale }).flow(images, {
    batchSize: BATCH_SIZE,
    shuffle: false,
    classMode: null,
  });
  await withExecutor(options, async executor => {
    const model = await compileCheckpoint(checkpoint, executor);
    const output = await model.predict(source);
    await model.close();
    filenames.forEach((name, i) => {
      const row = output.subarray(i * classes.length, (i + 1) * classes.length);
      const label = classes[indexOfLargest(row)]!;
      if (options.json) printJson({ file: name, label, probs: new Map(classes.map((each, u) => [each, row[u]])) });
      else console.log(`${plain(name)}: ${plain(label)} (${percent(Math.max(...row))})`);
    });
  });
}
