import { scaleLinear } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { plain } from '../data/plain.js';
import { at, escaped, frame, numbersBelow, PLOT, plotsSvg } from '../formats/svg_plot.js';
import type { ClassReport, ReportedClass } from './class_report.js';

/** Colours of lines on light and on dark, told apart also where colours are not seen: Okabe and Ito, Color universal design, 2008. */
const COLORS = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#e69f00'],
  ['#009e73', '#00c896'],
  ['#cc79a7', '#e0a3c4'],
  ['#8a6d00', '#f0e442'],
  ['#444444', '#dddddd'],
] as const;

/** Lines are told apart also without colours. */
const DASHES = ['none', '6 3', '2 3', '9 3 2 3', '12 4', '4 2 1 2'] as const;

const LINE_HEIGHT = 16;

/** Characters of a class' name that a legend has room for. */
const MOST_CHARACTERS = 36;

const STYLE = `.chance { stroke-width: 1; stroke-dasharray: 2 4; stroke: #888 }
${COLORS.map(([light], i) => `.c${i} { stroke: ${light}; stroke-dasharray: ${DASHES[i]} }`).join(' ')}
@media (prefers-color-scheme: dark) { ${COLORS.map(([, dark], i) => `.c${i} { stroke: ${dark} }`).join(' ')} }`;

type Point = readonly [number, number];

/** The curve of the drawn class with this number. */
interface Curve {
  readonly index: number;
  readonly name: string;
  readonly area: number;
  readonly points: readonly Point[];
}

/** How well each class is told from all others, as an SVG file: ROC and precision-recall curves. Of more classes than can be told apart the worst are drawn. */
export function classCurvesSvg({ classes }: Pick<ClassReport, 'classes'>): string {
  const withRows = classes.filter(({ precisionRecall }) => precisionRecall);
  const area = ({ precisionRecall }: ReportedClass): number => precisionRecall!.averagePrecision;
  const worst = new Set([...withRows].sort((a, b) => area(a) - area(b)).slice(0, COLORS.length));
  const drawn = withRows.filter(each => worst.has(each));
  const which = drawn.length < withRows.length ? `: the worst ${drawn.length} of ${withRows.length} classes` : '';
  const roc = drawn.flatMap(({ name, roc }, index) =>
    roc ? [{ index, name, area: roc.auc, points: pointsOf(roc.falsePositiveRate, roc.truePositiveRate) }] : [],
  );
  const recall = drawn.map(({ name, precisionRecall: curve }, index) => ({
    index,
    name,
    area: curve!.averagePrecision,
    points: pointsOf(curve!.recall, curve!.precision),
  }));
  const chance = `<path class="chance" d="M0 ${PLOT.height}L${PLOT.width} 0"/>`;
  return plotsSvg(
    'ROC and precision-recall curves of each class',
    [
      plot(`ROC${which}`, 'false positives, share of the other classes', 'AUC', roc, chance),
      plot(`Precision by recall${which}`, 'recall', 'AP', recall, ''),
    ],
    STYLE,
    (drawn.length + 0.5) * LINE_HEIGHT,
  );
}

const pointsOf = (x: readonly number[], y: readonly number[]): readonly Point[] => x.map((value, i) => [value, y[i]!]);

function plot(title: string, under: string, measure: string, curves: readonly Curve[], behind: string): string {
  const x = scaleLinear([0, 1], [0, PLOT.width]);
  const y = scaleLinear([0, 1], [PLOT.height, 0]);
  // Between two recalls no threshold has a precision of its own: the next one's counts.
  const path = line<Point>(
    ([value]) => x(value),
    ([, value]) => y(value),
  );
  if (measure === 'AP') path.curve(curveStepAfter);
  const drawn = curves.map(({ index: i, name, area, points }) => {
    const top = PLOT.height + 34 + (i + 1) * LINE_HEIGHT;
    const shown = plain(name);
    const label = shown.length > MOST_CHARACTERS ? `${shown.slice(0, MOST_CHARACTERS - 1)}…` : shown;
    const legend = `<path class="c${i}" d="M0 ${at(top - 4)}h30"/><text x="38" y="${top}">${escaped(label)}</text>`;
    const number = `<text x="${PLOT.width}" y="${top}" text-anchor="end">${measure} ${area.toFixed(3)}</text>`;
    return `<path class="c${i}" d="${path([...points])}"/>${legend}${number}`;
  });
  const none =
    curves.length === 0 ? `<text x="${PLOT.width / 2}" y="${PLOT.height / 2}" text-anchor="middle">all images are of one class</text>` : '';
  return [...frame(title, y, under), ...numbersBelow(x.ticks(5), x), behind, ...drawn, none].join('');
}
