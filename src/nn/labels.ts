import type { LayerStack } from './layer_stack.js';
import { LOSSES, type ResolvedLoss } from './losses.js';
import type { Batch, Source } from './source.js';

/** Throws where a source's labels are none for a model and its loss. `what` begins the message. */
export function checkLabels(
  what: string,
  { outputShape: [units] }: LayerStack,
  { name }: ResolvedLoss,
  { labelUnits }: Pick<Source<Batch>, 'labelUnits'>,
): void {
  if (labelUnits === units) return;
  if (labelUnits === 1 && LOSSES[name].takesClasses) return;
  const found = labelUnits === undefined ? 'no numbers' : `${labelUnits} number${labelUnits === 1 ? '' : 's'}`;
  const hint = labelUnits === 1 ? ': class numbers are for sparseCategoricalCrossentropy' : '';
  throw new Error(`${what}: labels have ${found} a row, the model's last layer ${units} units${hint}`);
}

/** A batch's labels as the model takes them: [rows of a full batch, units], one-hot where the batch has class numbers. Throws at one that is no class. */
export function labelRows({ labels, rows, files }: Batch, batchSize: number, units: number): Float32Array {
  if (labels!.length === batchSize * units) return labels!;
  const whole = new Float32Array(batchSize * units);
  for (let row = 0; row < rows; row++) {
    const label = labels![row]!;
    if (!Number.isInteger(label) || label < 0 || label >= units) {
      throw new Error(
        `labels: ${files ? files[row] : `row ${row} of a batch`} has class ${label}, wanted a whole number from 0 to ${units - 1}`,
      );
    }
    whole[row * units + label] = 1;
  }
  return whole;
}
