import { signal } from '@preact/signals';
import type { OpTime } from './timed.js';
import type { Look, TinyEvent } from './tiny.js';
import type { TinyConfig } from './tiny_config.js';

/** A lesson's run as far as it has come. */
export interface TinyRun {
  readonly config: TinyConfig;
  readonly state: 'loading' | 'running' | 'done' | 'failed';
  readonly message?: string;
  /** Whether it ended as the loss was no finite number any more. */
  readonly lost?: boolean;
  readonly weights?: number;
  readonly steps?: number;
  /** The first convolution's weights before the first step. */
  readonly first?: Float32Array;
  /** Of each step's batch. */
  readonly losses: readonly number[];
  /** One an epoch. */
  readonly looks: readonly Look[];
  /** Milliseconds per step, and of each op in it. */
  readonly ms?: number;
  readonly times?: readonly OpTime[];
}

/** The run of the open step, and the one before it with other settings. */
export const tiny = signal<TinyRun | undefined>(undefined);
export const tinyBefore = signal<TinyRun | undefined>(undefined);

let worker: Worker | undefined;
/** Runs that the worker was given. */
let given = 0;

interface Told {
  readonly run: number;
  readonly event: TinyEvent;
}

/** Starts a run in the worker; one that is under way ends. */
export function startTiny(config: TinyConfig): void {
  const { value } = tiny;
  if (value && (value.state === 'done' || value.state === 'failed')) tinyBefore.value = value;
  tiny.value = { config, state: 'loading', losses: [], looks: [] };
  worker ??= open();
  worker.postMessage(config);
  given++;
}

/** Ends what is under way and forgets both runs. */
export function endTiny(): void {
  const isUnderWay = tiny.value?.state === 'loading' || tiny.value?.state === 'running';
  if (isUnderWay) {
    worker?.terminate();
    worker = undefined;
    given = 0;
  }
  tiny.value = undefined;
  tinyBefore.value = undefined;
}

function open(): Worker {
  const opened = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  opened.onmessage = ({ data: { run, event } }: MessageEvent<Told>) => {
    if (opened === worker && run === given && tiny.value) tiny.value = after(tiny.value, event);
  };
  opened.onerror = ({ message }) => {
    if (opened === worker && tiny.value) tiny.value = { ...tiny.value, state: 'failed', message };
  };
  return opened;
}

/** A run after what it told. */
function after(run: TinyRun, event: TinyEvent): TinyRun {
  switch (event.type) {
    case 'begun':
      return { ...run, state: 'running', weights: event.weights, steps: event.steps, first: event.first };
    case 'steps':
      return { ...run, losses: [...run.losses, ...event.losses] };
    case 'look':
      return { ...run, looks: [...run.looks, event.look] };
    case 'done':
      return { ...run, state: 'done', ms: event.ms, times: event.times };
    case 'failed':
      return { ...run, state: 'failed', message: event.message, lost: event.lost };
  }
}
