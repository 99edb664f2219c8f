import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number } from '../draw/format.js';
import { cancelTurn, inTurn } from '../draw/turns.js';
import { isDark } from '../state/theme.js';
import '../style/chart.css';

export interface Series {
  readonly label: string;
  /** Which of SERIES_COLORS. */
  readonly color: number;
  readonly faint?: boolean;
  /** Points only where a line would join what lies far apart. */
  readonly points?: boolean;
  readonly dashed?: boolean;
}

/** As many as any chart needs, told apart by colour-blind people (Okabe and Ito), darker or lighter for the ground. */
const LIGHT = ['#0072b2', '#c75000', '#00805c', '#a8568b', '#6b5b00', '#4a4a4a', '#0098a6', '#8a2be2'];
const DARK = ['#58b0ec', '#f2914f', '#3ecf9f', '#e29ac6', '#e0cf4e', '#c0c6ce', '#4fd3de', '#bd93f9'];

export const seriesColor = (index: number): string => (isDark() ? DARK : LIGHT)[index % LIGHT.length]!;

interface Props {
  readonly title: string;
  readonly series: readonly Series[];
  /** x, then a row for each series; null where it has no number. */
  readonly data: readonly (readonly (number | null)[])[];
  readonly height?: number;
  readonly logarithmic?: boolean;
  readonly logarithmicX?: boolean;
  readonly xLabel: string;
  /** Places on x that are marked: best epochs. */
  readonly marks?: readonly number[];
}

/** Distances of ticks over steps and epochs, which are whole; where x is not, any will do. */
const WHOLE = [1, 2, 5].flatMap(digit => Array.from({ length: 8 }, (_, power) => digit * 10 ** power)).sort((a, b) => a - b);

function axisColors(): { readonly ink: string; readonly line: string } {
  const style = getComputedStyle(document.documentElement);
  return { ink: style.getPropertyValue('--quiet').trim(), line: style.getPropertyValue('--line').trim() };
}

/** Vertical dotted lines at the marked places. */
function drawMarks(plot: uPlot, marks: readonly number[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = seriesColor(2);
  ctx.setLineDash([3, 4]);
  ctx.beginPath();
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark, 'x', true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
  }
  ctx.stroke();
  ctx.restore();
}

/** Ticks of an axis in as few characters as there is room for. */
function shortly(_: uPlot, ticks: readonly (number | null)[]): string[] {
  const isSmall = ticks.every(tick => Math.abs(tick ?? 0) < 0.01);
  return ticks.map(tick => {
    if (tick === null) return '';
    const rounded = Number(tick.toPrecision(6));
    return (isSmall && rounded !== 0 ? rounded.toExponential() : `${rounded}`).replaceAll('-', '−');
  });
}

function makePlot(
  element: HTMLElement,
  { series, height = 190, logarithmic = false, logarithmicX = false, xLabel }: Props,
  data: Props['data'],
  marks: () => readonly number[],
): uPlot {
  const { ink, line } = axisColors();
  const isWhole = data[0]!.every(x => Number.isInteger(x));
  const axis: uPlot.Axis = {
    stroke: ink,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
    font: '11px system-ui',
  };
  // Where the pointer is nowhere, and where a curve has no number at it, the last one before.
  const format = (plot: uPlot, _: number | null, at: number, index: number | null): string => {
    const row = Array.from(plot.data[at] ?? []);
    const known = row.slice(0, (index ?? row.length) + 1).findLast(value => value !== null && value !== undefined);
    return known === undefined || known === null ? '–' : number(known);
  };
  const showLast = (plot: uPlot): void => {
    if (plot.cursor.idx === null || plot.cursor.idx === undefined) plot.setLegend({ idx: plot.data[0].length - 1 }, false);
  };
  return new uPlot(
    {
      width: element.clientWidth || 320,
      height,
      scales: { x: { time: false, ...(logarithmicX && { distr: 3 as const }) }, y: logarithmic ? { distr: 3 } : {} },
      axes: [
        {
          ...axis,
          size: 26,
          label: xLabel,
          labelSize: 16,
          labelGap: 0,
          labelFont: '11px system-ui',
          space: isWhole ? 44 : 70,
          ...(!logarithmicX && isWhole && { incrs: WHOLE }),
          ...(!isWhole && { values: shortly }),
        },
        { ...axis, size: 50, values: shortly },
      ],
      series: [
        { label: xLabel },
        ...series.map(({ label, color, faint, points, dashed }): uPlot.Series => {
          const stroke = seriesColor(color);
          return {
            label,
            stroke: faint ? `${stroke}55` : stroke,
            width: faint ? 1 : 1.75,
            spanGaps: true,
            points: { ...((points || faint) && { show: points === true }), size: 6, fill: stroke },
            ...(dashed && { dash: [6, 4] }),
            value: format,
          };
        }),
      ],
      legend: { live: true },
      cursor: { y: false, drag: { x: true, y: false } },
      hooks: { draw: [plot => drawMarks(plot, marks())], ready: [showLast], setData: [showLast], setCursor: [showLast] },
    },
    data as uPlot.AlignedData,
    element,
  );
}

/** Curves over steps or epochs. Drag to look closer, double click to see all again. */
export function Chart(props: Props) {
  const { title, series, data, marks = [], height = 190 } = props;
  const ref = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef({ data, marks });
  latest.current = { data, marks };
  const dark = isDark();
  const key = JSON.stringify([series, dark, height, props.logarithmic, props.logarithmicX, props.xLabel]);

  useEffect(() => {
    const element = ref.current!;
    let observer: ResizeObserver | undefined;
    inTurn(ref, () => {
      const made = makePlot(element, props, latest.current.data, () => latest.current.marks);
      plot.current = made;
      observer = new ResizeObserver(() => inTurn(element, () => made.setSize({ width: element.clientWidth, height })));
      observer.observe(element);
    });
    return () => {
      cancelTurn(ref);
      cancelTurn(element);
      cancelTurn(latest);
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
    // `key` holds all of the props that a plot is made from.
  }, [key]);

  useEffect(() => {
    // One that is still to be made takes the latest data itself.
    if (plot.current) inTurn(latest, () => plot.current?.setData(latest.current.data as uPlot.AlignedData));
  }, [data]);

  const last = series.map(({ label }, i) => {
    const value = data[i + 1]?.findLast(each => each !== null && each !== undefined);
    return `${label} ${value === undefined || value === null ? 'has no value yet' : number(value)}`;
  });
  return (
    <figure class="card chart">
      <figcaption>
        <h2 class="small">
          {title}
          {marks.length > 0 && <span class="quiet">, dotted: the best epoch until then</span>}
        </h2>
      </figcaption>
      <div ref={ref} role="img" aria-label={`${title} over ${props.xLabel}s. Last: ${last.join(', ')}`} />
    </figure>
  );
}
