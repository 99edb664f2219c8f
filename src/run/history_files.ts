import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { csvColumns, csvHeader, csvRow } from '../formats/csv.js';
import { HISTORY_NAMES } from './names.js';

/** Numbers of each epoch by name: 'loss', 'acc', 'val_loss', 'val_acc'. */
type Epochs = Readonly<Record<string, readonly number[]>>;

/** Names and contents of a history's files. */
export function historyFiles(history: Epochs, about: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  const contents = [`${JSON.stringify({ ...about, history }, null, 1)}\n`, historyCsv(history), historySvg(history)];
  return HISTORY_NAMES.map((name, i) => [name, contents[i]!]);
}

/** As Keras' CSVLogger writes it. */
export function historyCsv(history: Epochs): string {
  const epochs = Array.from({ length: history.loss?.length ?? 0 }, (_, epoch) =>
    Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values[epoch]!])),
  );
  const columns = csvColumns(epochs[0] ?? {});
  return csvHeader(columns) + epochs.map((logs, epoch) => csvRow(epoch, columns, logs)).join('');
}

const PLOT = { width: 340, height: 220, left: 46, top: 46, right: 12, bottom: 34 } as const;
const GAP = 24;

/** With more epochs than this their points would run into one another: only the lines are drawn. */
const MOST_POINTS = 24;

/** Dark on light and light on dark, told apart also without colours: the validation's line is dashed. The best value's text has a halo. */
const STYLE = `
text { font: 11px system-ui, sans-serif; fill: #444 } .title { font-size: 13px; font-weight: 600; fill: #222 }
.grid { stroke: #ddd } .train { stroke: #0072b2 } .validation { stroke: #d55e00; stroke-dasharray: 5 3 } path { fill: none; stroke-width: 2 }
circle { stroke: none } circle.train { fill: #0072b2 } circle.validation { fill: #d55e00 } .best { fill: none; stroke: #d55e00; stroke-width: 1.5 }
.note { paint-order: stroke; stroke: #fff; stroke-width: 4px; stroke-linejoin: round } .background { fill: #fff }
@media (prefers-color-scheme: dark) { text { fill: #bbb } .title { fill: #eee } .grid { stroke: #444 } .train { stroke: #56b4e9 }
.validation { stroke: #e69f00 } circle.train { fill: #56b4e9 } circle.validation { fill: #e69f00 } .best { stroke: #e69f00 }
.note { stroke: #16181c } .background { fill: #16181c } }`;

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
  const epochs = train.length;
  const x = scaleLinear(epochs > 1 ? [1, epochs] : [0.5, 1.5], [0, PLOT.width]);
  const y = scaleLinear([low, isLoss ? Math.max(...finite) : 1], [PLOT.height, 0]).nice(5);
  const at = (value: number): string => value.toFixed(1);
  const grid = y.ticks(5).map(tick => {
    const label = `<text x="-6" y="${at(y(tick) + 4)}" text-anchor="end">${y.tickFormat(5)(tick)}</text>`;
    return `<line class="grid" x1="0" x2="${PLOT.width}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>${label}`;
  });
  const numbers = x
    .ticks(Math.min(epochs, 10))
    .filter(Number.isInteger)
    .map(epoch => `<text x="${at(x(epoch))}" y="${PLOT.height + 16}" text-anchor="middle">${epoch}</text>`);
  const curve = (values: readonly number[], kind: string): string => {
    const path = line<number>((_, i) => x(i + 1), y).defined(Number.isFinite)([...values]) ?? '';
    const points = values.map((value, i) =>
      Number.isFinite(value) && epochs <= MOST_POINTS ? `<circle class="${kind}" cx="${at(x(i + 1))}" cy="${at(y(value))}" r="2.5"/>` : '',
    );
    return `<path class="${kind}" d="${path}"/>${points.join('')}`;
  };
  const parts = [`<text class="title" x="0" y="-28">${isLoss ? 'Loss' : 'Accuracy'}</text>`, ...grid, ...numbers];
  parts.push(`<text x="${PLOT.width / 2}" y="${PLOT.height + 30}" text-anchor="middle">epoch</text>`, curve(train, 'train'));
  parts.push(legend('train', 'training', PLOT.width - 168));
  if (validation) {
    parts.push(curve(validation, 'validation'), legend('validation', 'validation', PLOT.width - 86));
    const best = validation.indexOf((isLoss ? Math.min : Math.max)(...validation.filter(Number.isFinite)));
    if (best >= 0) {
      const [left, top] = [x(best + 1), y(validation[best]!)];
      const anchor = left > PLOT.width / 2 ? 'end' : 'start';
      // On the side where the curve is not; a loss near 0 has no room below.
      const isAbove = !isLoss || top > PLOT.height - 22;
      parts.push(`<circle class="best" cx="${at(left)}" cy="${at(top)}" r="6"/>`);
      const text = `${validation[best]!.toFixed(3)} in epoch ${best + 1}`;
      parts.push(`<text class="note" x="${at(left)}" y="${at(top + (isAbove ? -10 : 20))}" text-anchor="${anchor}">${text}</text>`);
    }
  }
  return parts.join('');
}

function legend(kind: string, label: string, left: number): string {
  return `<path class="${kind}" d="M${left} -32h22"/><text x="${left + 26}" y="-28">${label}</text>`;
}
