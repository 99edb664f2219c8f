import type { Command } from 'commander';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { indexOfLargest } from '../inspect/mistakes.js';
import { loadCheckpoint } from '../node/files.js';
import { plain } from '../node/names.js';
import { type DeviceOptions, noteParts, withExecutor } from '../run/device.js';
import { readFolderFor } from '../run/reading.js';
import { action, printJson } from './common.js';
import { addDeviceOptions, integer } from './options.js';
import { printing } from './output.js';

interface EvaluateOptions extends DeviceOptions {
  readonly data: string;
  readonly batchSize: number;
  readonly skipBroken?: boolean;
  readonly json?: boolean;
}

export function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate <model>')
    .description("a checkpoint's loss, accuracy and confusion matrix on a folder of classes")
    .requiredOption('--data <dir>', 'folder with one subfolder a class')
    .option('--batch-size <n>', 'images a batch', integer(1), 10)
    .option('--skip-broken', 'leave out images that cannot be read')
    .option('--json', 'print one JSON object');
  addDeviceOptions(command).action(action(printing(evaluate)));
}

async function evaluate(file: string, options: EvaluateOptions): Promise<void> {
  const checkpoint = await loadCheckpoint(file);
  const { data, classes } = await readFolderFor(file, checkpoint, options.data, options);
  await withExecutor(options, async executor => {
    const model = await compileCheckpoint(checkpoint, executor);
    await noteParts(model, 'evaluate', data);
    const confusion = classes.map(() => classes.map(() => 0));
    const onOutput = (output: Float32Array, { labels }: { readonly labels: Float32Array | undefined }): void => {
      for (let row = 0; row < output.length; row += classes.length) {
        const predicted = indexOfLargest(output.subarray(row, row + classes.length));
        confusion[indexOfLargest(labels!.subarray(row, row + classes.length))]![predicted]! += 1;
      }
    };
    const { loss, acc, rows } = await model.evaluate(data, { onOutput });
    await model.close();
    if (options.json) printJson({ loss, acc, n: rows, confusion });
    else console.log(`${rows} images - loss: ${loss.toFixed(4)} - acc: ${acc!.toFixed(4)}\n\n${matrix(classes.map(plain), confusion)}`);
  });
}

/** True classes down, predicted ones across. */
function matrix(classes: readonly string[], confusion: readonly (readonly number[])[]): string {
  const head = 'is \\ predicted';
  const width = Math.max(...classes.map(name => name.length), 5) + 2;
  const first = Math.max(head.length, ...classes.map(name => name.length));
  const rows = confusion.map((counts, i) => classes[i]!.padEnd(first) + counts.map(count => `${count}`.padStart(width)).join(''));
  return [head.padEnd(first) + classes.map(name => name.padStart(width)).join(''), ...rows].join('\n');
}
