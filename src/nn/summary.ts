import { sizeOf } from '../engine/shape.js';
import type { LayerStack, Weight } from './layer_stack.js';

const WIDTH = 65;
/** Where the columns end. */
const STOPS = [29, 55, 65] as const;

const CLASS_COLUMN = STOPS[0] - 3;

/** Bytes as Keras prints them: '25.07 MB'. */
function formatBytes(bytes: number): string {
  const units = ['Byte', 'KB', 'MB', 'GB'];
  const power = bytes === 0 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${(bytes / 2 ** (10 * power)).toFixed(2)} ${units[power]}`;
}

/** A row of the table; what is longer than its column goes on in the next line, as Keras (2.13 to 2.15) lays it out. */
function row(fields: readonly [string, string, string]): string[] {
  const rest: string[] = [...fields];
  const lines: string[] = [];
  do {
    let line = '';
    for (const [i, stop] of STOPS.entries()) {
      const begin = i === 0 ? 0 : STOPS[i - 1]!;
      const room = i === 0 ? CLASS_COLUMN : stop - begin - (i === STOPS.length - 1 ? 0 : 1);
      line = `${line.padEnd(begin)}${i === 0 ? ' ' : ''}${rest[i]!.slice(0, room)}`;
      rest[i] = rest[i]!.slice(room);
    }
    lines.push(line.padEnd(WIDTH));
  } while (rest.some(field => field.length > 0));
  return lines;
}

/** The table of layers, shapes and parameters that `model.summary()` of tf.keras prints. */
export function summaryOf({ name, layers }: LayerStack): string {
  const rows = layers.map(layer => {
    const count = layer.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return row([`${layer.name} (${layer.layer.className})`, `(None, ${layer.outputShape.join(', ')})`, `${count}`]);
  });
  const weights = layers.flatMap(layer => layer.parameters);
  const size = (of: readonly Weight[]): string => {
    const count = of.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return `${count} (${formatBytes(4 * count)})`;
  };
  return [
    `Model: "${name}"`,
    '_'.repeat(WIDTH),
    ...row(['Layer (type)', 'Output Shape', 'Param #']),
    '='.repeat(WIDTH),
    ...rows.flatMap(lines => [...lines, ' '.repeat(WIDTH)]),
    '='.repeat(WIDTH),
    `Total params: ${size(weights)}`,
    `Trainable params: ${size(weights.filter(({ trainable }) => trainable))}`,
    `Non-trainable params: ${size(weights.filter(({ trainable }) => !trainable))}`,
    '_'.repeat(WIDTH),
  ].join('\n');
}
