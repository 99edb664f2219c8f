import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { Scroll } from '../../components/scroll.js';
import { count, duration, number, percent } from '../../draw/format.js';
import { type RunChart, RunCharts } from './charts.js';
import { deadWords } from './figures.js';
import { endTiny, startTiny, type TinyRun, tiny, tinyBefore } from './runs.js';
import { chosenOf, SettingChoice, type SettingName } from './settings.js';
import { SIZE, TINY, type TinyConfig, VALIDATION } from './tiny_config.js';
import '../../style/train.css';
import '../../style/tiny_run.css';

interface Props {
  readonly title: string;
  /** What this run has other than all. */
  readonly config?: Partial<TinyConfig>;
  /** What may be chosen. */
  readonly settings: readonly SettingName[];
  readonly charts: readonly RunChart[];
  /** What else is shown of a run that has begun. */
  readonly children?: (run: TinyRun) => ComponentChildren;
}

/** A run of a lesson, trained in this page: what it is trained with, how it goes, and what came of it beside the one before. */
export function RunStage({ title, config, settings, charts, children }: Props) {
  const first = useMemo((): TinyConfig => ({ ...TINY, ...config }), []);
  useEffect(() => {
    startTiny(first);
    return endTiny;
  }, []);
  const run = tiny.value;
  const before = tinyBefore.value;
  const chosen = run?.config ?? first;
  return (
    <div class="tiny-run stack" data-state={run?.state}>
      <div class="row spread">
        <h1>{title}</h1>
        <p class="small quiet">
          Trained in this page by the CPU reference: {chosen.pictures} faces of {SIZE} × {SIZE} pixels, {chosen.epochs} epochs; {VALIDATION}{' '}
          others to validate with.
        </p>
      </div>
      <section class="card row" aria-label="Settings">
        {settings.map(name => (
          <SettingChoice key={name} name={name} config={chosen} onChoose={part => startTiny({ ...chosen, ...part })} />
        ))}
        <button type="button" onClick={() => startTiny(chosen)}>
          Train again
        </button>
        <Progress run={run} />
      </section>
      {run?.state === 'failed' && (
        <p class="notice trouble" role="alert">
          {run.lost ? 'The loss is not finite any more: a step was too large, and the run ends here. ' : ''}
          {run.message}
        </p>
      )}
      {run && <Results settings={settings} charts={charts} run={run} before={before} />}
      {run && <RunCharts charts={charts} run={run} before={before} />}
      {run && children?.(run)}
    </div>
  );
}

function Progress({ run }: { readonly run: TinyRun | undefined }) {
  const { state, losses, steps } = run ?? {};
  const text =
    state === 'running'
      ? `Step ${losses!.length} of ${steps}`
      : state === 'done'
        ? `Done: ${steps} steps`
        : state === 'failed'
          ? 'Ended'
          : 'Drawing faces…';
  return (
    <span class="row" role="status">
      <progress max={steps ?? 1} value={state === 'loading' ? 0 : (losses?.length ?? 0)} aria-label="Steps done" />
      {text}
    </span>
  );
}

interface ResultsProps {
  readonly settings: readonly SettingName[];
  readonly charts: readonly RunChart[];
  readonly run: TinyRun;
  readonly before: TinyRun | undefined;
}

/** What came of this run, and of the one before. */
function Results({ settings, charts, run, before }: ResultsProps) {
  const runs = [{ name: 'this run', of: run }, ...(before ? [{ name: 'the one before', of: before }] : [])];
  return (
    <section class="card" aria-label="Results">
      <Scroll>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">run</span>
              </th>
              {settings.map(name => (
                <th key={name} scope="col">
                  {name === 'learningRate' ? 'learning rate' : name}
                </th>
              ))}
              {charts.includes('dead') && <th>dead units</th>}
              <th class="num">weights</th>
              <th class="num">per step</th>
              <th class="num">first loss</th>
              <th class="num">training loss</th>
              <th class="num">training accuracy</th>
              <th class="num">validation loss</th>
              <th class="num">validation accuracy</th>
            </tr>
          </thead>
          <tbody>
            {runs.map(({ name, of }) => (
              <Result key={name} name={name} settings={settings} charts={charts} run={of} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Result({ name, settings, charts, run }: Omit<ResultsProps, 'before'> & { readonly name: string }) {
  const last = run.looks.at(-1);
  const shown = (value: number | undefined, write: (value: number) => string): string => (value === undefined ? '–' : write(value));
  return (
    <tr data-run={name}>
      <th scope="row">{name}</th>
      {settings.map(setting => (
        <td key={setting}>{chosenOf(setting, run.config)}</td>
      ))}
      {charts.includes('dead') && <td>{last ? deadWords(last) : '–'}</td>}
      <td class="num">{shown(run.weights, count)}</td>
      <td class="num">{shown(run.ms, duration)}</td>
      <td class="num">{shown(run.losses[0], value => number(value))}</td>
      <td class="num">{shown(last?.loss, value => number(value))}</td>
      <td class="num">{shown(last?.acc, percent)}</td>
      <td class="num">{shown(last?.valLoss, value => number(value))}</td>
      <td class="num">{shown(last?.valAcc, percent)}</td>
    </tr>
  );
}
