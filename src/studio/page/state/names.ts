import type { Inspection, Term } from '../../../inspect/types.js';
import { type Layout, layerOf } from './layout.js';

/** What the maps and numbers of a tensor are called where they have names: 'red', 'with_mask'. */
export interface Names {
  readonly tile?: readonly string[];
  readonly other?: readonly string[];
  readonly column?: readonly string[];
  readonly number?: readonly string[];
}

const COLORS = ['red', 'green', 'blue'];

/** Whether a layer reads the picture's colours: nothing before it mixes them. */
function readsColors({ inputShape, layers }: Inspection, index: number): boolean {
  const isColor = inputShape.length === 3 && inputShape[2] === COLORS.length;
  return isColor && layers.slice(0, index).every(({ weights, outputShape }) => weights.length === 0 && outputShape[2] === COLORS.length);
}

/** The classes that the units of the last layer stand for: of one unit, the second of two. */
export function classesOfUnits({ layers }: Inspection, classes: readonly string[]): readonly string[] | undefined {
  const units = layers.at(-1)?.outputShape;
  if (units?.length !== 1) return undefined;
  if (units[0] === 1 && classes.length === 2) return classes.slice(1);
  return units[0] === classes.length ? classes : undefined;
}

/** The names of what a layout shows, by the model's classes. */
export function namesOf(
  inspection: Inspection,
  { tensor, unit, tiles, otherUnit, rowUnit, columnUnit, numberUnit }: Layout,
  classes: readonly string[],
): Names {
  const index = layerOf(inspection, tensor);
  if (index < 0) return unit === 'channel' && readsColors(inspection, 0) ? { tile: COLORS } : {};
  const colors = readsColors(inspection, index);
  if (otherUnit === 'input channel' && colors) return { other: COLORS };
  const units = index === inspection.layers.length - 1 ? classesOfUnits(inspection, classes) : undefined;
  if (numberUnit === 'unit' && units) return { number: units };
  if (otherUnit === 'unit') return units ? { other: units } : {};
  if (columnUnit === 'unit' && rowUnit === 'feature') return units ? { column: units } : {};
  const isOwn = /\/(output|depthwise_kernel)(\/|$)/.test(tensor);
  return unit === 'channel' && isOwn && tiles === COLORS.length && readsColors(inspection, tensor.includes('output') ? index + 1 : index)
    ? { tile: COLORS }
    : {};
}

/** What one of several is called: 'red' or 'channel 2'. */
export const nameOf = (unit: string, index: number, names?: readonly string[]): string => names?.[index] ?? `${unit} ${index}`;

/** What a number is called among those of its map: 'with_mask', 'unit 7', 'row 3, column 5'. */
export function numberName({ width, numberUnit, rowUnit, columnUnit }: Layout, names: Names, row: number, column: number): string {
  if (numberUnit !== undefined) return nameOf(numberUnit, row * width + column, names.number);
  return `${rowUnit} ${row}, ${nameOf(columnUnit, column, names.column)}`;
}

/** A term's label, with a class for each unit of the last layer and a colour for each channel of the picture. */
export function termLabel(inspection: Inspection, { label, leftAt }: Term, classes: readonly string[]): string {
  if (leftAt === undefined) return label;
  if (leftAt.tensor === 'input' && readsColors(inspection, 0)) {
    return label.replace(/\bchannel (\d)\b/, (text, channel: string) => COLORS[Number(channel)] ?? text);
  }
  const units = classesOfUnits(inspection, classes);
  const isLast =
    leftAt.tensor === 'logits' || leftAt.tensor === 'probabilities' || /^layer\d+\/(output|pre_activation)/.test(leftAt.tensor);
  if (!units || !isLast || layerOf(inspection, leftAt.tensor) !== inspection.layers.length - 1) return label;
  return label
    .replace(/\bunit (\d+)\b/, (text, unit: string) => units[Number(unit)] ?? text)
    .replace(/\blogit (\d+)\b/, (text, unit: string) => (units[Number(unit)] === undefined ? text : `logit of ${units[Number(unit)]}`));
}
