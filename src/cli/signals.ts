import { note } from '../node/terminal.js';
import { endAtOnce } from './output.js';

/** What asks a program to end: Ctrl-C, `kill`, a terminal that is closed. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm sends what the terminal has sent already: two signals so close are one. */
const SAME_MS = 500;

/**
 * Calls `end` when the program is asked to end, and where it is asked once more, `atOnce`; a terminal that closes does not ask twice. A function that stops
 * this.
 */
export function onEndingSignal(end: () => void, atOnce = (): void => endAtOnce('SIGINT')): () => void {
  let first: number | undefined;
  const listen = (signal: (typeof ENDING)[number]): void => {
    if (first === undefined) {
      first = performance.now();
      end();
    } else if (signal !== 'SIGHUP' && performance.now() - first > SAME_MS) atOnce();
  };
  for (const signal of ENDING) process.on(signal, listen);
  return () => {
    for (const signal of ENDING) process.off(signal, listen);
  };
}

/** Aborts `interrupt` when the program is asked to end. */
export function interruptOnSignal(interrupt: AbortController): () => void {
  return onEndingSignal(() => {
    note('\nInterrupted: finishing this step and saving. Once more to end at once.');
    interrupt.abort();
  });
}
