import { link } from '../state/linked.js';
import { connection, machine, run, trouble } from '../state/live.js';

/** What computes, and whether it does. */
export function Status() {
  const state = connection.value === 'open' ? run.value?.state : connection.value;
  const text =
    connection.value === 'open'
      ? (machine.value?.description ?? 'connected')
      : connection.value === 'closed'
        ? link.isHere
          ? 'ended'
          : 'no server'
        : '…';
  return (
    <span class="status" role="status" title={text}>
      <span class={`dot ${state ?? ''}`} />
      <span class="what">{text}</span>
    </span>
  );
}

/** What could not be done. */
export function Toast() {
  if (!trouble.value) return null;
  return (
    <div class="toast" role="alert">
      <span>{trouble.value}</span>
      <button
        type="button"
        class="plain"
        aria-label="Close"
        onClick={() => {
          trouble.value = undefined;
        }}
      >
        ×
      </button>
    </div>
  );
}
