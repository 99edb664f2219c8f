import { useMemo } from 'preact/hooks';
import { percent } from '../draw/format.js';
import { canStart, connection, drawn, epochs, progress, run, send, steps } from '../state/live.js';
import { linkTo } from '../state/route.js';
import { isBusy, isOnSample, trainOnSample } from '../state/sample_run.js';

const [WIDTH, HEIGHT] = [220, 44];

/** The button that trains the small network on drawn faces; while it trains, how far it is and how its loss falls. */
export function SampleRun() {
  if (!canStart.value && !run.value) return null;
  return (
    <div class="sample-run">
      {run.value && (isBusy() || isOnSample()) && <Going />}
      {canStart.value && !isBusy() && (
        <button type="button" class="primary" disabled={connection.value !== 'open'} onClick={trainOnSample}>
          Train on sample faces (1 minute)
        </button>
      )}
    </div>
  );
}

function Going() {
  const { state, epoch, config, goal, message } = run.value!;
  const last = epochs.value.at(-1);
  const loading = progress.value;
  return (
    <div class="sample-going" role="status">
      <p>
        {state === 'loading' && (loading ? `${loading.text}…` : 'Getting ready…')}
        {(state === 'running' || state === 'paused') &&
          (goal ? `Epoch ${Math.max(1, epoch)}` : `Epoch ${Math.max(1, epoch)} of ${config.epochs}`)}
        {state === 'ended' && (message ? `Trained: ${message}.` : 'Trained.')}
        {state === 'stopped' && 'Stopped.'}
        {state === 'failed' && `It failed: ${message}`}
        {!(state === 'ended' && message) && last?.val_acc !== undefined && (
          <>
            {' '}
            Right on <strong>{percent(last.val_acc)}</strong> of the pictures that it has not seen.
          </>
        )}
      </p>
      {isBusy() && <progress max={1} value={shareDone()} aria-label="How much is done" />}
      <div class="row">
        <Falling />
        <span class="row">
          <a href={linkTo('train')}>Curves</a>
          {isBusy() && (
            <button type="button" onClick={() => send({ type: 'stop' })}>
              Stop
            </button>
          )}
        </span>
      </div>
    </div>
  );
}

/** Of a run that ends by its goal, the part of its time that has passed; of another, the part of its steps. */
function shareDone(): number {
  const { state, since, goal, step, stepsPerEpoch, config } = run.value!;
  if (goal) return Math.min(1, (performance.now() - since) / (1000 * goal.seconds));
  const loading = progress.value;
  if (state === 'loading') return loading && loading.total > 0 ? loading.done / loading.total : 0;
  return step / Math.max(1, stepsPerEpoch * config.epochs);
}

/** The loss of the steps so far, as a small line. */
function Falling() {
  const tick = drawn.value;
  const path = useMemo(() => {
    const { loss } = steps.columns;
    if (loss.length < 2) return '';
    const most = Math.max(...loss);
    return loss
      .map(
        (each, i) =>
          `${i === 0 ? 'M' : 'L'}${((WIDTH * i) / (loss.length - 1)).toFixed(1)} ${(HEIGHT - 2 - ((HEIGHT - 4) * each) / most).toFixed(1)}`,
      )
      .join('');
  }, [tick]);
  if (path === '') return null;
  return (
    <svg class="falling" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="The loss of the epoch so far, step by step">
      <path d={path} />
    </svg>
  );
}
