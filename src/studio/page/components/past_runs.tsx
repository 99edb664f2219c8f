import { useMemo } from 'preact/hooks';
import type { PastRun } from '../../protocol.js';
import { count, number, percent } from '../draw/format.js';
import { kindsOf } from '../state/kinds_of.js';
import { canStart, pastRuns, send } from '../state/live.js';
import { choose, params } from '../state/route.js';
import { isBusy } from '../state/sample_run.js';
import { smoothed } from '../state/smooth.js';
import { Chart, seriesColor } from './chart.js';
import { CurveControls, curveOptions } from './curve_options.js';
import { Scroll } from './scroll.js';

const METRICS = { val_loss: 'Validation loss', val_acc: 'Validation accuracy', loss: 'Training loss', acc: 'Training accuracy' } as const;
type Metric = keyof typeof METRICS;

/** Runs that are compared at once, at most: as many as there are colours. */
const MOST = 8;

/** Layers that a cell of the table holds. */
const MOST_DIFFERING = 3;

/** The best of a run's epochs by a metric, and which it was. */
function bestOf({ history }: PastRun, metric: 'val_loss' | 'val_acc'): { readonly value: number; readonly epoch: number } | undefined {
  const values = (history[metric] ?? []).map(value => value ?? NaN);
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  const value = metric === 'val_loss' ? Math.min(...finite) : Math.max(...finite);
  return { value, epoch: values.indexOf(value) + 1 };
}

/** A network beside the others that are shown: the layers in which it differs, where it has as many, else how many it has of each kind. */
function networkText(layers: readonly string[], shown: readonly PastRun[]): string {
  const others = shown.flatMap(({ network }) => (network ? [network.layers] : []));
  const differing = layers.filter((layer, i) => others.some(other => other[i] !== layer));
  const isAlike = others.every(other => other.length === layers.length) && differing.length > 0 && differing.length <= MOST_DIFFERING;
  return isAlike ? differing.join('; ') : kindsOf(layers);
}

/** What a run was told, and how each is written. */
const SETTINGS: readonly {
  readonly title: string;
  readonly isNumber?: boolean;
  text(run: PastRun, shown: readonly PastRun[]): string | undefined;
  hint?(run: PastRun): string;
}[] = [
  {
    title: 'Network',
    text: ({ network }, shown) => network && networkText(network.layers, shown),
    hint: ({ network }) => network?.layers.join('\n') ?? '',
  },
  { title: 'Weights', isNumber: true, text: ({ network }) => network && count(network.weights) },
  {
    title: 'Pictures',
    text: ({ network, images }) =>
      [network?.inputShape.join(' × '), images && `${count(images)} images`].filter(Boolean).join(', ') || undefined,
  },
  { title: 'Optimizer', text: ({ network }) => network?.optimizer },
  { title: 'Rate', isNumber: true, text: ({ network }) => network && number(network.learningRate, 3) },
  { title: 'Loss', text: ({ network }) => network?.loss.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`) },
  { title: 'Batch', isNumber: true, text: ({ batchSize }) => (batchSize === undefined ? undefined : `${batchSize}`) },
  { title: 'Augmentation', text: ({ augmentation }) => augmentation },
  { title: 'Seed', isNumber: true, text: ({ seed }) => (seed === undefined ? undefined : `${seed}`) },
];

/** Runs of before, side by side: their curves, and what they were told, with what differs between those that are shown. */
export function PastRuns() {
  const all = pastRuns.value;
  const chosen = params.value.runs?.split(',') ?? all.slice(0, 3).map(({ name }) => name);
  const metric = (params.value.metric ?? 'val_loss') in METRICS ? ((params.value.metric ?? 'val_loss') as Metric) : 'val_loss';
  const { smoothing, logX, logY } = curveOptions();
  const shown = all.filter(({ name }) => chosen.includes(name)).slice(0, MOST);
  const data = useMemo(() => {
    const length = Math.max(0, ...shown.map(({ history }) => history[metric]?.length ?? 0));
    const x = Array.from({ length }, (_, i) => i + 1);
    const rows = shown.map(({ history }) => x.map((_, i) => history[metric]?.[i] ?? null));
    return [x, ...rows.map(row => smoothed(row, smoothing)), ...(smoothing > 0 ? rows : [])];
  }, [all, params.value.runs, metric, smoothing]);
  if (all.length === 0) return null;
  const toggle = (name: string): void => {
    const next = chosen.includes(name) ? chosen.filter(each => each !== name) : [...chosen, name].slice(-MOST);
    choose({ runs: next.join(',') });
  };
  const differing = new Set(
    SETTINGS.filter(({ text }) => new Set(shown.map(each => text(each, shown))).size > 1).map(({ title }) => title),
  );
  // What differs first: the rest is the same for all.
  const known = SETTINGS.filter(({ text }) => all.some(run => text(run, shown) !== undefined)).toSorted(
    (a, b) => Number(differing.has(b.title)) - Number(differing.has(a.title)),
  );
  const isLoss = metric.endsWith('loss');
  const lines = shown.map(({ name }, color) => ({ label: name, color, points: smoothing === 0 }));
  const faint = smoothing > 0 ? shown.map(({ name }, color) => ({ label: `${name}, not smoothed`, color, faint: true })) : [];
  return (
    <section class="card stack past" aria-label="Past runs">
      <div class="row spread">
        <h2>Runs side by side</h2>
        <label>
          <span class="small quiet">Compare by</span>
          <select value={metric} onChange={event => choose({ metric: event.currentTarget.value })}>
            {Object.entries(METRICS).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <CurveControls x="epochs" />
      <Chart
        title={METRICS[metric]}
        series={[...lines, ...faint]}
        data={data}
        xLabel="epoch"
        height={260}
        logarithmic={logY && isLoss}
        logarithmicX={logX}
      />
      <Scroll label="Table of runs">
        <table>
          <thead>
            <tr>
              <th>Run</th>
              <th class="num">Epochs</th>
              <th class="num">Best validation loss</th>
              <th class="num">Best accuracy</th>
              {known.map(({ title, isNumber }) => (
                <th key={title} class={isNumber ? 'num' : undefined}>
                  {title}
                </th>
              ))}
              <th>Open</th>
            </tr>
          </thead>
          <tbody>
            {all.map(past => {
              const place = shown.indexOf(past);
              const [loss, acc] = [bestOf(past, 'val_loss'), bestOf(past, 'val_acc')];
              return (
                <tr key={past.name} class={place >= 0 ? 'shown' : undefined}>
                  <td>
                    <label title={[past.adapter, past.date].filter(Boolean).join(', ')}>
                      <input type="checkbox" checked={place >= 0} onChange={() => toggle(past.name)} />
                      <span class="swatch" style={{ background: place >= 0 ? seriesColor(place) : 'transparent' }} />
                      {past.name}
                    </label>
                  </td>
                  <td class="num">{past.history.loss?.length ?? 0}</td>
                  <td class="num">{loss ? `${loss.value.toFixed(4)} (epoch ${loss.epoch})` : '–'}</td>
                  <td class="num">{acc ? percent(acc.value) : '–'}</td>
                  {known.map(({ title, isNumber, text, hint }) => (
                    <td
                      key={title}
                      class={[isNumber && 'num', place >= 0 && differing.has(title) && 'differs'].filter(Boolean).join(' ') || undefined}
                      title={hint?.(past)}
                    >
                      {text(past, place >= 0 ? shown : []) ?? '–'}
                    </td>
                  ))}
                  <td>
                    <CheckpointMenu past={past} disabled={isBusy() || !canStart.value} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function CheckpointMenu({ past, disabled }: { readonly past: PastRun; readonly disabled: boolean }) {
  if (past.checkpoints.length === 0) return <span class="quiet">no checkpoint</span>;
  return (
    <select
      aria-label={`Open a checkpoint of ${past.name}`}
      disabled={disabled}
      value=""
      onChange={event => send({ type: 'open', model: event.currentTarget.value })}
    >
      <option value="">open…</option>
      {past.checkpoints.map(path => (
        <option key={path} value={path}>
          {path.split('/').at(-1)}
        </option>
      ))}
    </select>
  );
}
