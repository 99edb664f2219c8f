import type { Command } from 'commander';
import { ImageDataGenerator } from '../data/generator.js';
import type { ImageSet } from '../data/iterator.js';
import { loadImages } from '../data/load.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { loadCheckpoint } from '../node/files.js';
import { action, addDeviceOptions, type DeviceOptions, note, printJson, withExecutor } from './common.js';
import { largest } from './evaluate.js';
import { classesOf, extraOf } from './extra.js';

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
  addDeviceOptions(command).action(action(predict));
}

/** Images computed at a time. */
const BATCH_SIZE = 10;

async function predict(file: string, paths: string[], options: PredictOptions): Promise<void> {
  const checkpoint = await loadCheckpoint(file);
  const { rescale } = extraOf(checkpoint.extra);
  const classes = classesOf(file, checkpoint);
  const [height, width, channels] = checkpoint.model.inputShape as [number, number, number];
  const { bytes, read, broken } = await loadImages(paths, { height, width, colorMode: 'rgb' }, options);
  for (const { path, reason } of broken) note(`${path}: ${reason}`);
  const filenames = paths.filter((_, i) => read[i]);
  if (filenames.length === 0) throw new Error('none of the files could be read');
  const images: ImageSet = { bytes, height, width, channels, classes: filenames.map(() => 0), classIndices: {}, filenames };
  const source = new ImageDataGenerator({ rescale }).flow(images, {
    batchSize: Math.min(BATCH_SIZE, filenames.length),
    shuffle: false,
    classMode: null,
  });
  await withExecutor(options, async executor => {
    const model = await compileCheckpoint(checkpoint, executor);
    const output = await model.predict(source);
    await model.close();
    filenames.forEach((name, i) => {
      const row = output.subarray(i * classes.length, (i + 1) * classes.length);
      const label = classes[largest(row)]!;
      if (options.json) printJson({ file: name, label, probs: Object.fromEntries(classes.map((each, u) => [each, row[u]])) });
      else console.log(`${name}: ${label} (${(100 * Math.max(...row)).toFixed(1)} %)`);
    });
  });
}
