import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { csvColumns, csvHeader, csvRow } from '../formats/csv.js';
import { at, frame, numbersBelow, PLOT, plotsSvg } from '../formats/svg_plot.js';
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

/** With more epochs than this their points would run into one another: only the lines are drawn. */
const MOST_POINTS = 24;

/** Told apart also without colours: the validation's line is dashed. */
const STYLE = `
.train { stroke: #0072b2 } .validation { stroke: #d55e00; stroke-dasharray: 5 3 }
circle { stroke: none } circle.train { fill: #0072b2 } circle.validation { fill: #d55e00 } .best { fill: none; stroke: #d55e00; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { .train { stroke: #56b4e9 } .validation { stroke: #e69f00 }
circle.train { fill: #56b4e9 } circle.validation { fill: #e69f00 } .best { stroke: #e69f00 } }`;

/** Loss and accuracy by epoch, training and validation, with the best epoch of the validation ringed. */
export function historySvg(history: Epochs): string {
  const accuracy = Object.keys(history).find(name => name === 'acc' || name === 'accuracy');
  const names = ['loss', ...(accuracy ? [accuracy] : [])];
  return plotsSvg(
    'Loss and accuracy by epoch',
    names.map(name => plot(name, history[name]!, history[`val_${name}`])),
    STYLE,
  );
}

function plot(name: string, train: readonly number[], validation: readonly number[] | undefined): string {
  const isLoss = name === 'loss';
  const finite = [...train, ...(validation ?? [])].filter(Number.isFinite);
  const low = isLoss ? 0 : Math.min(...finite);
  const epochs = train.length;
  const x = scaleLinear(epochs > 1 ? [1, epochs] : [0.5, 1.5], [0, PLOT.width]);
  const y = scaleLinear([low, isLoss ? Math.max(...finite) : 1], [PLOT.height, 0]).nice(5);
  const ticks = x.ticks(Math.min(epochs, 10)).filter(Number.isInteger);
  const curve = (values: readonly number[], kind: string): string => {
    const path = line<number>((_, i) => x(i + 1), y).defined(Number.isFinite)([...values]) ?? '';
    const points = values.map((value, i) =>
      Number.isFinite(value) && epochs <= MOST_POINTS ? `<circle class="${kind}" cx="${at(x(i + 1))}" cy="${at(y(value))}" r="2.5"/>` : '',
    );
    return `<path class="${kind}" d="${path}"/>${points.join('')}`;
  };
  const parts = [...frame(isLoss ? 'Loss' : 'Accuracy', y, 'epoch'), ...numbersBelow(ticks, x), curve(train, 'train')];
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
