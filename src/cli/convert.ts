import type { Command } from 'commander';
import { plain } from '../data/plain.js';
import { sizeOf } from '../engine/shape.js';
import { fileOfCheckpoint } from '../formats/checkpoint.js';
import { WRITTEN_KINDS } from '../formats/endings.js';
import { snakeCase } from '../formats/keras/names.js';
import type { ModelFile, ModelKind } from '../formats/model_file.js';
import { loadInto } from '../node/files.js';
import { bytesFor, checkTarget, type ModelTarget, targetOf, writeModelBytes } from '../node/model_files.js';
import { note } from '../node/terminal.js';
import { classCount } from '../run/classes.js';
import { extraOf } from '../run/extra.js';
import { namesOf, rescaleOf, type UseOptions } from '../run/use.js';
import { choice } from '../run/values.js';
import { action } from './common.js';
import { addUseOptions, parserOf } from './options.js';
import { printing } from './output.js';

interface ConvertOptions extends UseOptions {
  readonly to?: ModelKind;
  readonly overwrite?: boolean;
  readonly inputName?: string;
  readonly inputType?: 'float32' | 'uint8';
  readonly channelsFirst?: boolean;
  readonly rescaleInside?: boolean;
}

export function addConvert(program: Command): void {
  const command = program
    .command('convert <model> <out>')
    .description('write a model as another kind of file, chosen by the ending of <out>; see docs/models.md')
    .option(
      '--to <kind>',
      `kind of file, where the ending does not say it: ${WRITTEN_KINDS.join(', ')}`,
      parserOf(choice(...WRITTEN_KINDS)),
    )
    .option('--overwrite', 'overwrite what is there');
  addUseOptions(command)
    .option('--rescale-inside', 'ONNX: take bytes from 0 to 255 and rescale them in the file')
    .option('--input-type <type>', 'ONNX: float32 (default), or uint8, which is rescaled in the file', parserOf(choice('float32', 'uint8')))
    .option('--channels-first', 'ONNX: take [N, channels, height, width]')
    .option('--input-name <name>', "ONNX: the input's name (default: image)")
    .action(action(printing(convert)));
}

const ONNX_OPTIONS = ['inputName', 'inputType', 'channelsFirst', 'rescaleInside'] as const satisfies readonly (keyof ConvertOptions)[];

async function convert(path: string, out: string, options: ConvertOptions): Promise<void> {
  const target = targetOf(out, options.to);
  const odd = target.kind !== 'onnx' && ONNX_OPTIONS.find(name => options[name] !== undefined);
  if (odd) throw new Error(`--${snakeCase(odd).replaceAll('_', '-')} is for ONNX files, and ${plain(target.path)} is to be ${target.kind}`);
  await checkTarget(target, options.overwrite ?? false);
  const checkpoint = await loadInto(path, options.network);
  for (const each of checkpoint.notes) note(`${plain(path)}: ${each}.`);
  if (checkpoint.untrainable !== undefined) note(`${plain(path)}: training can't go on with it: ${checkpoint.untrainable}.`);
  const { classes, rescale } = options;
  const own = extraOf(path, checkpoint).classes;
  const named = classes && namesOf(path, classCount(checkpoint.model), checkpoint.extra.classes === undefined ? undefined : own, classes);
  const extra = { ...checkpoint.extra, ...(named && { classes: named }), ...(rescale !== undefined && { rescale }) };
  const file = await fileOfCheckpoint({ ...checkpoint, extra });
  const { inputName: name, inputType: type, channelsFirst } = options;
  const inside = options.rescaleInside || type === 'uint8' ? rescaleOf(path, { ...checkpoint, extra }, undefined) : undefined;
  const onNote = (each: string): void => note(`${plain(target.path)}: ${each}.`);
  await writeModelBytes(target.path, await bytesFor(target, file, { onNote, onnx: { name, type, channelsFirst, rescale: inside } }));
  console.log(`${plain(target.path)}: ${described(file, target)}`);
}

/** What was written, in a line. */
function described({ model, moments, compile, step }: ModelFile, { kind }: ModelTarget): string {
  const numbers = model.weightSpecs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const optimizer = compile && moments.size > 0 && kind !== 'onnx' ? `, ${compile.optimizer.name} after ${step} steps` : '';
  return `${kind}, ${model.weightSpecs.length} weights of ${numbers.toLocaleString('en')} numbers${optimizer}`;
}
