import { useMemo } from 'preact/hooks';
import type { PastRun } from '../../protocol.js';
import { canStart, pastRuns, run, send } from '../state/live.js';
import { choose, params } from '../state/route.js';
import { Chart, seriesColor } from './chart.js';

const METRICS = { val_loss: 'Validation loss', val_acc: 'Validation accuracy', loss: 'Training loss', acc: 'Training accuracy' } as const;
type Metric = keyof typeof METRICS;

/** Runs that are compared at once, at most: as many as there are colours. */
const MOST = 8;

function bestOf({ history }: PastRun): string {
  const losses = history.val_loss ?? [];
  if (losses.length === 0) return '–';
  const least = Math.min(...losses);
  return `${least.toFixed(4)} (epoch ${losses.indexOf(least) + 1})`;
}

/** Runs of before, side by side. */
export function PastRuns() {
  const all = pastRuns.value;
  const chosen = params.value.runs?.split(',') ?? all.slice(0, 3).map(({ name }) => name);
  const metric = (params.value.metric ?? 'val_loss') in METRICS ? ((params.value.metric ?? 'val_loss') as Metric) : 'val_loss';
  const shown = all.filter(({ name }) => chosen.includes(name)).slice(0, MOST);
  const data = useMemo(() => {
    const length = Math.max(0, ...shown.map(({ history }) => history[metric]?.length ?? 0));
    const x = Array.from({ length }, (_, i) => i + 1);
    return [x, ...shown.map(({ history }) => x.map((_, i) => history[metric]?.[i] ?? null))];
  }, [all, params.value.runs, metric]);
  if (all.length === 0) return null;
  const toggle = (name: string): void => {
    const next = chosen.includes(name) ? chosen.filter(each => each !== name) : [...chosen, name].slice(-MOST);
    choose({ runs: next.join(',') });
  };
  const state = run.value?.state;
  const busy = state === 'loading' || state === 'running' || state === 'paused';
  return (
    <section class="card stack" aria-label="Past runs">
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
      <div class="past">
        <Chart
          title={METRICS[metric]}
          series={shown.map(({ name }, color) => ({ label: name, color, points: true }))}
          data={data}
          xLabel="epoch"
          height={220}
        />
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Run</th>
                <th class="num">Epochs</th>
                <th class="num">Seed</th>
                <th class="num">Best validation loss</th>
                <th>Look inside</th>
              </tr>
            </thead>
            <tbody>
              {all.map(past => {
                const place = shown.indexOf(past);
                return (
                  <tr key={past.name}>
                    <td>
                      <label
                        title={[past.adapter, past.date, past.augmentation && `augmentation: ${past.augmentation}`]
                          .filter(Boolean)
                          .join(', ')}
                      >
                        <input type="checkbox" checked={place >= 0} onChange={() => toggle(past.name)} />
                        <span class="swatch" style={{ background: place >= 0 ? seriesColor(place) : 'transparent' }} />
                        {past.name}
                      </label>
                    </td>
                    <td class="num">{past.history.loss?.length ?? 0}</td>
                    <td class="num">{past.seed ?? '–'}</td>
                    <td class="num">{bestOf(past)}</td>
                    <td>
                      <CheckpointMenu past={past} disabled={busy || !canStart.value} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </div>
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
