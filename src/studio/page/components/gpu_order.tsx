import { useState } from 'preact/hooks';
import { type AdapterFacts, report, type SizeName, stage, startReport, stopReport } from '../state/gpu_report.js';
import { run } from '../state/live.js';

/** What is to be timed; and how far it is. */
export function GpuOrder({ facts }: { readonly facts: AdapterFacts }) {
  const [size, setSize] = useState<SizeName>(facts.isSoftware ? 'small' : 'exact');
  const [only, setOnly] = useState('');
  const isRunning = report.value?.state === 'running';
  const at = stage.value;
  return (
    <form
      class="card stack"
      aria-label="What is timed"
      onSubmit={event => {
        event.preventDefault();
        startReport(size, only.trim());
      }}
    >
      <div class="row gpu-order">
        <label class="field">
          <span>Step that is timed</span>
          <select name="size" value={size} disabled={isRunning} onChange={event => setSize(event.currentTarget.value as SizeName)}>
            <option value="exact">10 pictures of 150 × 150</option>
            <option value="small">2 pictures of 50 × 50 (software)</option>
          </select>
        </label>
        <label class="field">
          <span>Only ops whose name has</span>
          <input
            type="text"
            name="only"
            value={only}
            disabled={isRunning}
            placeholder="all ops, and the step"
            onInput={event => setOnly(event.currentTarget.value)}
          />
        </label>
        {isRunning ? (
          // A button of its own: one that became the other while it is clicked would send the form, too.
          <button key="stop" type="button" onClick={stopReport}>
            Stop
          </button>
        ) : (
          <button key="start" type="submit" class="primary">
            Check and time
          </button>
        )}
      </div>
      {run.value?.state === 'running' && (
        <p class="small">A run is under way and takes its share of the device: pause it to time kernels alone.</p>
      )}
      {at && (
        <p class="gpu-stage small" role="status">
          <progress value={at.done} max={at.total} aria-label="Done" />
          <span>
            {at.text} · {at.done + 1} of {at.total}
          </span>
        </p>
      )}
    </form>
  );
}
