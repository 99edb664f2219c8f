import { join } from 'node:path';
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { csvColumns, csvHeader, csvRow } from '../formats/csv.js';
import { writeAtomically } from '../node/files.js';

/** Numbers of each epoch by name: 'loss', 'acc', 'val_loss', 'val_acc'. */
type Epochs = Readonly<Record<string, readonly number[]>>;

/** Writes history.json, history.csv and history.svg. */
export async function writeHistory(folder: string, history: Epochs, about: Readonly<Record<string, unknown>>): Promise<void> {
  await writeAtomically(join(folder, 'history.json'), `${JSON.stringify({ ...about, history }, null, 1)}\n`);
  await writeAtomically(join(folder, 'history.csv'), historyCsv(history));
  await writeAtomically(join(folder, 'history.svg'), historySvg(history));
}

/** As Keras' CSVLogger writes it. */
export function historyCsv(history: Epochs): string {
  const epochs = Array.from({ length: history.loss?.length ?? 0 }, (_, epoch) =>
    Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values[epoch]!])),
  );
  const columns = csvColumns(epochs[0] ?? {});
  return csvHeader(columns) + epochs.map((logs, epoch) => csvRow(epoch, columns, logs)).join('');
}

const PLOT = { width: 340, height: 220, left: 46, top: 34, right: 12, bottom: 34 } as const;
const GAP = 24;

/** Dark on light and light on dark, told apart also without colours: the validation's line is dashed and has points. */
const STYLE = `
text { font: 11px system-ui, sans-serif; fill: #444 } .title { font-size: 13px; font-weight: 600; fill: #222 }
.grid { stroke: #ddd } .train { stroke: #0072b2 } .validation { stroke: #d55e00; stroke-dasharray: 5 3 } path { fill: none; stroke-width: 2 }
circle { fill: #d55e00 } .best { fill: none; stroke: #d55e00; stroke-width: 1.5 } .background { fill: #fff }
@media (prefers-color-scheme: dark) { text { fill: #bbb } .title { fill: #eee } .grid { stroke: #444 } .train { stroke: #56b4e9 }
.validation { stroke: #e69f00 } circle { fill: #e69f00 } .best { stroke: #e69f00 } .background { fill: #16181c } }`;

/** Loss and accuracy by epoch, training and validation, with the best epoch of the validation ringed. */
export function historySvg(history: Epochs): string {
  const accuracy = Object.keys(history).find(name => name === 'acc' || name === 'accuracy');
  const plots = ['loss', ...(accuracy ? [accuracy] : [])];
  const width = plots.length * (PLOT.left + PLOT.width + PLOT.right) + (plots.length - 1) * GAP;
  const height = PLOT.top + PLOT.height + PLOT.bottom;
  const drawn = plots.map((name, i) => {
    const left = i * (PLOT.left + PLOT.width + PLOT.right + GAP);
    return `<g transform="translate(${left + PLOT.left} ${PLOT.top})">${plot(name, history[name]!, history[`val_${name}`])}</g>`;
  });
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Loss and accuracy by epoch"><style>${STYLE}</style><rect class="background" ${size.slice(0, size.indexOf(' view'))}/>${drawn.join('')}</svg>\n`;
}

function plot(name: string, train: readonly number[], validation: readonly number[] | undefined): string {
  const isLoss = name === 'loss';
  const finite = [...train, ...(validation ?? [])].filter(Number.isFinite);
  const low = isLoss ? 0 : Math.min(...finite);
  const x = scaleLinear([1, Math.max(2, train.length)], [0, PLOT.width]);
  const y = scaleLinear([low, isLoss ? Math.max(...finite) : 1], [PLOT.height, 0]).nice(5);
  const at = (value: number): string => value.toFixed(1);
  const grid = y.ticks(5).map(tick => {
    const label = `<text x="-6" y="${at(y(tick) + 4)}" text-anchor="end">${y.tickFormat(5)(tick)}</text>`;
    return `<line class="grid" x1="0" x2="${PLOT.width}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>${label}`;
  });
  const epochs = x
    .ticks(Math.min(train.length, 10))
    .filter(Number.isInteger)
    .map(epoch => `<text x="${at(x(epoch))}" y="${PLOT.height + 16}" text-anchor="middle">${epoch}</text>`);
  const curve = (values: readonly number[], kind: string): string => {
    const path = line<number>((_, i) => x(i + 1), y).defined(Number.isFinite)([...values]) ?? '';
    return `<path class="${kind}" d="${path}"/>`;
  };
  const marks = (validation ?? []).map((value, i) =>
    Number.isFinite(value) ? `<circle cx="${at(x(i + 1))}" cy="${at(y(value))}" r="2.5"/>` : '',
  );
  const parts = [`<text class="title" x="0" y="-16">${isLoss ? 'Loss' : 'Accuracy'}</text>`, ...grid, ...epochs];
  parts.push(`<text x="${PLOT.width / 2}" y="${PLOT.height + 30}" text-anchor="middle">epoch</text>`, curve(train, 'train'));
  parts.push(legend('train', 'training', PLOT.width - 168));
  if (validation) {
    const best = validation.indexOf((isLoss ? Math.min : Math.max)(...validation));
    parts.push(curve(validation, 'validation'), ...marks, legend('validation', 'validation', PLOT.width - 86));
    if (best >= 0) {
      const text = `${validation[best]!.toFixed(3)} in epoch ${best + 1}`;
      const anchor = x(best + 1) > PLOT.width / 2 ? 'end' : 'start';
      const above = y(validation[best]!) > PLOT.height - 30 || isLoss ? -10 : 18;
      parts.push(`<circle class="best" cx="${at(x(best + 1))}" cy="${at(y(validation[best]!))}" r="6"/>`);
      parts.push(`<text x="${at(x(best + 1))}" y="${at(y(validation[best]!) + above)}" text-anchor="${anchor}">${text}</text>`);
    }
  }
  return parts.join('');
}

function legend(kind: string, label: string, left: number): string {
  return `<path class="${kind}" d="M${left} -20h22"/><text x="${left + 26}" y="-16">${label}</text>`;
}
