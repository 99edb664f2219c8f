import type { BatchResult } from './batch_log.js';
import type { Callback, Logs, Run } from './callbacks/callback.js';
import { formatFloat } from './python_number.js';

export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** 1: a bar; 2: a line an epoch. */
  readonly verbose: 1 | 2;
  /** Whether a bar may be drawn over itself (a terminal); otherwise each state is a line of its own. */
  readonly dynamic: boolean;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
}

const BAR_WIDTH = 30;
/** A bar is redrawn at most this often. */
const INTERVAL_S = 0.05;

/** Seconds as 'ms/step' and the like. */
function formatTime(seconds: number, unit: string): string {
  if (seconds >= 1 || seconds === 0) return ` ${formatFloat(seconds, '.0f')}s/${unit}`;
  if (seconds >= 1e-3) return ` ${formatFloat(seconds * 1e3, '.0f')}ms/${unit}`;
  return ` ${formatFloat(seconds * 1e6, '.0f')}us/${unit}`;
}

function formatEta(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), Math.floor(seconds % 60)];
  const two = (value: number): string => value.toString().padStart(2, '0');
  if (seconds > 3600) return `${h}:${two(m)}:${two(s)}`;
  return seconds > 60 ? `${m}:${two(s)}` : `${s}s`;
}

/**
 * The text with which Keras shows progress through `target` steps, character by character.
 * Source: tf_keras/src/utils/generic_utils.py, class Progbar
 */
export class Progbar {
  readonly #target: number;
  readonly #options: Required<ProgressOptions>;
  readonly #start: number;
  /** The first state shown, whose steps, slower than the others, don't count once there are more. */
  #first: { readonly step: number; readonly end: number } | undefined;
  /** In the order of their first appearance: an object would list a name like '1' first. */
  readonly #shown = new Map<string, number>();
  #lastUpdate = -Infinity;
  #width = 0;

  constructor(target: number, options: ProgressOptions) {
    this.#target = target;
    this.#options = { now: () => performance.now(), ...options };
    this.#start = this.#seconds();
  }

  /** Shows that `current` steps are done, with the means so far; `finalize` when the epoch's last numbers are there. */
  update(current: number, values: Readonly<Logs>, finalize = false): void {
    const now = this.#seconds();
    this.note(values);
    const { verbose, dynamic, write } = this.#options;
    if (verbose === 2) {
      if (finalize) write(this.#line(current, now));
      return;
    }
    if (now - this.#lastUpdate < INTERVAL_S && !finalize) return;
    const before = this.#width;
    const bar = this.#bar(current);
    const perStep = this.#perStep(current, now);
    const eta = ` - ETA: ${formatEta(perStep * (this.#target - current))}`;
    const info = (finalize ? ` - ${formatFloat(now - this.#start, '.0f')}s${formatTime(perStep, 'step')}` : eta) + this.#values(true);
    this.#width = bar.length + info.length;
    this.#lastUpdate = now;
    write(
      `${dynamic ? `${'\b'.repeat(before)}\r` : '\n'}${bar}${info}${' '.repeat(Math.max(0, before - this.#width))}${finalize ? '\n' : ''}`,
    );
  }

  /** Takes numbers for the next update: one once shown stays. */
  note(values: Readonly<Logs>): void {
    for (const [name, value] of Object.entries(values)) this.#shown.set(name, value);
  }

  #seconds(): number {
    return this.#options.now() / 1000;
  }

  #count(current: number): string {
    return `${current.toString().padStart(this.#target.toString().length)}/${this.#target}`;
  }

  #bar(current: number): string {
    const width = Math.trunc((BAR_WIDTH * current) / this.#target);
    const done = width > 0 ? '='.repeat(width - 1) + (current < this.#target ? '>' : '=') : '';
    return `${this.#count(current)} [${done}${'.'.repeat(BAR_WIDTH - width)}]`;
  }

  /** Seconds a step. */
  #perStep(current: number, now: number): number {
    if (current === 0) return 0;
    const first = this.#first;
    this.#first ??= { step: current, end: now };
    return first && current > first.step ? (now - first.end) / (current - first.step) : (now - this.#start) / current;
  }

  #line(current: number, now: number): string {
    const seconds = now - this.#start;
    const times = ` -${formatTime(seconds, 'epoch')} -${formatTime(seconds / this.#target, 'step')}`;
    return `${this.#count(current)} - ${formatFloat(seconds, '.0f')}s${this.#values(false)}${times}\n`;
  }

  #values(absolute: boolean): string {
    const texts = [...this.#shown].map(([name, value]) => {
      const large = (absolute ? Math.abs(value) : value) > 1e-3;
      return ` - ${name}: ${formatFloat(value, large ? '.4f' : '.4e')}`;
    });
    return texts.join('');
  }
}

/** Shows fit()'s progress as Keras does: 'Epoch 1/10' and a bar with loss and metrics, closed by the validation's numbers. */
export class ProgressBar implements Callback {
  readonly #options: ProgressOptions;
  #bar: Progbar | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  onEpochBegin(epoch: number, { params }: Run): void {
    if (params.epochs > 1) this.#options.write(`Epoch ${epoch + 1}/${params.epochs}\n`);
    this.#bar = new Progbar(params.steps, this.#options);
  }

  onBatchesEnd(results: readonly BatchResult[], means: readonly Readonly<Logs>[]): void {
    this.#bar?.update(results.at(-1)!.index + 1, means.at(-1)!);
  }

  /** Before other callbacks add theirs. */
  onTestEnd(logs: Readonly<Logs>): void {
    this.#bar?.note(logs);
  }

  onEpochEnd(_: number, logs: Logs, { params }: Run): void {
    this.#bar?.update(params.steps, logs, true);
  }
}
