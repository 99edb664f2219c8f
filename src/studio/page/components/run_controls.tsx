import { count } from '../draw/format.js';
import { epochs, progress, run, send } from '../state/live.js';

const WORDS = {
  loading: 'Getting ready',
  running: 'Running',
  paused: 'Paused',
  stopped: 'Stopped',
  ended: 'Finished',
  failed: 'Failed',
} as const;

/** Where the run is, and what can be done with it. */
export function RunControls() {
  const { state, step, epoch, config, stepsPerEpoch, message } = run.value!;
  const best = epochs.value.findLast(point => point.best);
  const active = state === 'running' || state === 'paused';
  const loading = progress.value;
  return (
    <div class="row run-controls">
      <p role="status" class={state === 'failed' ? 'bad' : ''}>
        <strong>{WORDS[state]}</strong>
        {state === 'loading' && loading && ` · ${loading.text} ${loading.total > 0 ? `${loading.done} of ${loading.total}` : ''}`}
        {step > 0 && (
          <span class="quiet">
            {' '}
            · epoch {Math.max(1, epoch)} of {config.epochs} · step {count(step)}
            {stepsPerEpoch > 0 && ` of ${count(stepsPerEpoch * config.epochs)}`}
            {best?.val_loss !== undefined && ` · best epoch ${best.epoch}, validation loss ${best.val_loss.toFixed(4)}`}
          </span>
        )}
        {message && ` · ${message}`}
      </p>
      {active && (
        <fieldset class="row" aria-label="The run">
          {state === 'running' ? (
            <button type="button" class="primary" onClick={() => send({ type: 'pause' })}>
              Pause
            </button>
          ) : (
            <>
              <button type="button" class="primary" onClick={() => send({ type: 'resume' })}>
                Resume
              </button>
              <button type="button" onClick={() => send({ type: 'step' })}>
                Step
              </button>
            </>
          )}
          <button type="button" onClick={() => send({ type: 'stop' })}>
            Stop and save
          </button>
        </fieldset>
      )}
    </div>
  );
}
