import type { EpochPoint, NormsPoint } from '../../protocol.js';
import type { StepBuffer } from './steps.js';

type Column = (number | null)[];

/** Curves with steps of their own laid on the steps of all, with null where one has none. */
export interface Curves {
  /** Steps. */
  readonly x: readonly number[];
  readonly batchLoss: Column;
  readonly loss: Column;
  readonly acc: Column;
  readonly ms: Column;
  readonly valLoss: Column;
  readonly valAcc: Column;
  /** Steps at which the validation loss was the least so far. */
  readonly best: readonly number[];
}

/** Steps of batches and ends of epochs on one axis, in order. */
export function trainingCurves({ columns }: StepBuffer, epochs: readonly EpochPoint[]): Curves {
  const x: number[] = [];
  const rows: Record<'batchLoss' | 'loss' | 'acc' | 'ms' | 'valLoss' | 'valAcc', Column> = {
    batchLoss: [],
    loss: [],
    acc: [],
    ms: [],
    valLoss: [],
    valAcc: [],
  };
  let [i, e] = [0, 0];
  while (i < columns.step.length || e < epochs.length) {
    const step = Math.min(columns.step[i] ?? Infinity, epochs[e]?.step ?? Infinity);
    const has = columns.step[i] === step;
    const end = epochs[e]?.step === step ? epochs[e++] : undefined;
    x.push(step);
    rows.batchLoss.push(has ? columns.batchLoss[i]! : null);
    rows.loss.push(has ? columns.loss[i]! : (end?.loss ?? null));
    rows.acc.push(has ? columns.acc[i]! : (end?.acc ?? null));
    rows.ms.push(has ? columns.ms[i]! : null);
    rows.valLoss.push(end?.val_loss ?? null);
    rows.valAcc.push(end?.val_acc ?? null);
    if (has) i++;
  }
  return { x, ...rows, best: epochs.filter(({ best }) => best).map(({ step }) => step) };
}

/** One row a parameter. */
export function normCurves(
  points: readonly NormsPoint[],
  which: 'weight' | 'gradient',
): { readonly names: string[]; readonly data: Column[] } {
  const names = points.at(-1)?.parameters.map(({ name }) => name) ?? [];
  const rows = names.map((_, p) => points.map(({ parameters }) => parameters[p]?.[which] || null));
  return { names, data: [points.map(({ step }) => step), ...rows] };
}

/** One row a relu layer. */
export function deadCurves(points: readonly NormsPoint[]): { readonly names: string[]; readonly data: Column[] } {
  const names = points.at(-1)?.dead.map(({ layer }) => layer) ?? [];
  return { names, data: [points.map(({ step }) => step), ...names.map((_, i) => points.map(({ dead }) => dead[i]?.share ?? null))] };
}
