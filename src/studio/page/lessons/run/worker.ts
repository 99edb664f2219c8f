import { trainTiny } from './tiny.js';
import type { TinyConfig } from './tiny_config.js';

/** A worker for the runs of lessons: a config starts one and ends the one before. What a run tells comes with its number. */
let number = 0;
let ender = new AbortController();
let running: Promise<void> = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<TinyConfig>) => {
  const own = ++number;
  ender.abort();
  ender = new AbortController();
  const { signal } = ender;
  running = running.then(() => (signal.aborted ? undefined : trainTiny(data, event => postMessage({ run: own, event }), signal)));
});
