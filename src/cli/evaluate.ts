import { dirname } from 'node:path';
import type { Command } from 'commander';
import { compileCheckpoint } from '../formats/checkpoint.js';
import { classCurvesSvg } from '../inspect/class_curves.js';
import { classReport } from '../inspect/class_report.js';
import { byClass } from '../inspect/mistakes.js';
import { checkFree, ensureWritable, writeAtomically } from '../node/files.js';
import { note } from '../node/terminal.js';
import { type DeviceOptions, noteParts, withExecutor } from '../run/device.js';
import type { LabelOptions } from '../run/labels.js';
import { openForUse } from '../run/open_for_use.js';
import { readFolderFor } from '../run/reading.js';
import type { UseOptions } from '../run/use.js';
import { action, percent, printJson } from './common.js';
import { addDeviceOptions, addLabelOptions, addMemoryOptions, addUseOptions, integer, parserOf } from './options.js';
import { printing } from './output.js';
import { confusionText, reportJson, scoresTable, thresholdLine } from './report_text.js';

interface EvaluateOptions extends DeviceOptions, LabelOptions, UseOptions {
  readonly data: string;
  readonly batchSize: number;
  readonly skipBroken?: boolean;
  readonly curves?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Another ending may be that of a file which is not meant to be written over, as the model's. */
const svgName = {
  parse(word: string): string {
    if (word.toLowerCase().endsWith('.svg')) return word;
    throw new Error('wanted a name that ends with .svg');
  },
};

export function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate <model>')
    .description("print a model's loss, accuracy, confusion matrix and scores per class on a folder of classes")
    .requiredOption('--data <dir>', 'folder with one subfolder per class')
    .option('--batch-size <n>', 'images per batch', integer(1), 10)
    .option('--skip-broken', 'leave out images that cannot be read')
    .option('--curves <file>', 'write ROC and precision-recall curves of each class to this .svg file', parserOf(svgName))
    .option('--overwrite', 'overwrite the file of --curves')
    .option('--json', 'print one JSON object');
  addDeviceOptions(addMemoryOptions(addLabelOptions(addUseOptions(command)))).action(action(printing(evaluate)));
}

async function evaluate(file: string, options: EvaluateOptions): Promise<void> {
  if (options.curves !== undefined) {
    checkFree(options.curves, options.overwrite);
    await ensureWritable(dirname(options.curves));
  }
  const used = await openForUse(file, options);
  const { data, classes } = await readFolderFor(used, options.data, options);
  await withExecutor(options, async executor => {
    const model = await compileCheckpoint(used.checkpoint, executor);
    await noteParts(model, 'evaluate', data);
    const shares: (readonly number[])[] = [];
    const [units] = model.outputShape as [number];
    const onOutput = (output: Float32Array): void => {
      for (let row = 0; row < output.length; row += units) shares.push(byClass(output.subarray(row, row + units), model.compiled.loss));
    };
    const { loss, rows } = await model.evaluate(data, { onOutput });
    await model.close();
    await data.close();
    const report = classReport(shares.flat(), data.classes, classes);
    const { accuracy: acc, accuracyInterval, confusion } = report;
    if (options.curves !== undefined) await writeAtomically(options.curves, classCurvesSvg(report));
    if (options.json) return printJson({ loss, acc, n: rows, ...reportJson(report) });
    const [low, high] = accuracyInterval.map(percent);
    console.log(`${rows} images - loss: ${loss.toFixed(4)} - acc: ${acc.toFixed(4)} (95 % interval: ${low} to ${high})\n`);
    console.log(`${confusionText(classes, confusion)}\n\n${scoresTable(report)}`);
    const threshold = thresholdLine(report);
    if (threshold) console.log(`\n${threshold}`);
    if (options.curves !== undefined) note(`The curves are in ${options.curves}`);
  });
}
