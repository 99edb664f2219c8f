import { useMemo } from 'preact/hooks';
import { Chart, type Series } from '../../components/chart.js';
import type { TinyRun } from './runs.js';

/** 'loss': of each batch, and of the validation; 'accuracy'; shares of dead units by layer; norms of the kernels' gradients by layer. */
export type RunChart = 'loss' | 'accuracy' | 'dead' | 'gradients';

type Row = readonly (number | null)[];
interface Drawn {
  readonly title: string;
  readonly series: readonly Series[];
  /** A row for each series, a number for each step. */
  readonly rows: readonly Row[];
  readonly logarithmic?: boolean;
}

/** What is known at the end of epochs, at their steps. */
function byStep(run: TinyRun, length: number, of: (look: TinyRun['looks'][number]) => number | undefined): Row {
  const row: (number | null)[] = new Array(length).fill(null);
  for (const look of run.looks) row[look.step - 1] = of(look) ?? null;
  return row;
}

const filled = (losses: readonly number[], length: number): Row => Array.from({ length }, (_, i) => losses[i] ?? null);

const MAKERS: Readonly<Record<RunChart, (run: TinyRun, before: TinyRun | undefined, length: number) => Drawn>> = {
  loss: (run, before, length) => ({
    title: 'Loss',
    series: [
      { label: 'of the batch', color: 0 },
      { label: 'validation', color: 1, points: true },
      ...(before ? [{ label: 'the run before', color: 5, faint: true }] : []),
    ],
    rows: [filled(run.losses, length), byStep(run, length, ({ valLoss }) => valLoss), ...(before ? [filled(before.losses, length)] : [])],
  }),
  accuracy: (run, before, length) => ({
    title: 'Accuracy',
    series: [
      { label: 'training', color: 0, points: true },
      { label: 'validation', color: 1, points: true },
      ...(before ? [{ label: 'validation, the run before', color: 5, dashed: true }] : []),
    ],
    rows: [
      byStep(run, length, ({ acc }) => acc),
      byStep(run, length, ({ valAcc }) => valAcc),
      ...(before ? [byStep(before, length, ({ valAcc }) => valAcc)] : []),
    ],
  }),
  dead: (run, _, length) => ({
    title: 'Share of dead relu units',
    ...named(run, length, look => look.norms.dead.map(({ layer, share }) => [layer, share])),
  }),
  gradients: (run, _, length) => ({
    title: 'Norms of the gradients',
    logarithmic: true,
    ...named(run, length, look =>
      look.norms.parameters.flatMap(({ name, gradient }) =>
        // A logarithm has no place for 0.
        name.endsWith('.kernel') ? [[name.replace('.kernel', ''), gradient > 0 ? gradient : undefined] as const] : [],
      ),
    ),
  }),
};

function named(
  run: TinyRun,
  length: number,
  of: (look: TinyRun['looks'][number]) => readonly (readonly [string, number | undefined])[],
): Pick<Drawn, 'series' | 'rows'> {
  const names = run.looks[0] ? of(run.looks[0]).map(([name]) => name) : [];
  return {
    series: names.map((label, color) => ({ label, color, points: true, dashed: color % 2 === 1 })),
    rows: names.map(name => byStep(run, length, look => of(look).find(([each]) => each === name)?.[1])),
  };
}

interface Props {
  readonly charts: readonly RunChart[];
  readonly run: TinyRun;
  readonly before: TinyRun | undefined;
}

export function RunCharts({ charts, run, before }: Props) {
  const drawn = useMemo(() => {
    const length = Math.max(run.steps ?? 0, before?.losses.length ?? 0);
    const x = Array.from({ length }, (_, i) => i + 1);
    return charts.map(name => {
      const { rows, ...rest } = MAKERS[name](run, before, length);
      return { ...rest, data: [x, ...rows] };
    });
  }, [run, before]);
  // Before the first epoch has ended, not all are known.
  if (run.looks.length === 0) return null;
  return (
    <section class="charts" aria-label="Curves">
      {drawn.map(({ title, series, data, logarithmic = false }) =>
        series.length > 0 ? <Chart key={title} title={title} series={series} data={data} xLabel="step" logarithmic={logarithmic} /> : null,
      )}
    </section>
  );
}
