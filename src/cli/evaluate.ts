import type { Command } from 'commander';
import { plain } from '../data/plain.js';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { prediction } from '../inspect/mistakes.js';
import { type DeviceOptions, noteParts, withExecutor } from '../run/device.js';
import { readFolderFor } from '../run/reading.js';
import { openForUse, type UseOptions } from '../run/use.js';
import { action, printJson } from './common.js';
import { addDeviceOptions, addUseOptions, integer } from './options.js';
import { printing } from './output.js';

interface EvaluateOptions extends DeviceOptions, UseOptions {
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
  addDeviceOptions(addUseOptions(command)).action(action(printing(evaluate)));
}

async function evaluate(file: string, options: EvaluateOptions): Promise<void> {
  const used = await openForUse(file, options);
  const { data, classes } = await readFolderFor(used, options.data, options);
  await withExecutor(options, async executor => {
    const model = await compileCheckpoint(used.checkpoint, executor);
    await noteParts(model, 'evaluate', data);
    const confusion = classes.map(() => classes.map(() => 0));
    const [units] = model.outputShape as [number];
    let seen = 0;
    const onOutput = (output: Float32Array): void => {
      for (let row = 0; row < output.length; row += units) {
        confusion[data.classes[seen]!]![prediction(output.subarray(row, row + units), model.compiled.loss).predicted]! += 1;
        seen += 1;
      }
    };
    const { loss, rows } = await model.evaluate(data, { onOutput });
    await model.close();
    const acc = classes.reduce((sum, _, i) => sum + confusion[i]![i]!, 0) / rows;
    if (options.json) printJson({ loss, acc, n: rows, confusion });
    else console.log(`${rows} images - loss: ${loss.toFixed(4)} - acc: ${acc.toFixed(4)}\n\n${matrix(classes.map(plain), confusion)}`);
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
