import type { BatchResult } from '../nn/batch_log.js';
import type { Callback, Logs, Run } from '../nn/callbacks/callback.js';
import { printJson } from './common.js';

/** One JSON object a step and an epoch. Epochs and steps count from 1; `loss` and `acc` are means of the epoch so far, as Keras shows them. */
export class JsonProgress implements Callback {
  #epoch = 0;

  onEpochBegin(epoch: number): void {
    this.#epoch = epoch + 1;
  }

  onBatchesEnd(results: readonly BatchResult[], means: readonly Readonly<Logs>[]): void {
    results.forEach(({ index, loss }, i) => {
      printJson({ event: 'step', epoch: this.#epoch, step: index + 1, ...means[i], batch_loss: loss });
    });
  }

  onEpochEnd(epoch: number, logs: Logs): void {
    printJson({ event: 'epoch', epoch: epoch + 1, ...logs });
  }
}

/** Milliseconds between lines. */
const LINE_MS = 10_000;

/** Plain lines for logs and pipes: every few seconds, and at the end of an epoch. */
export class PlainProgress implements Callback {
  #begin = 0;
  #lastLine = 0;
  #epoch = 0;

  onEpochBegin(epoch: number): void {
    this.#begin = performance.now();
    this.#lastLine = this.#begin;
    this.#epoch = epoch + 1;
  }

  onBatchesEnd(results: readonly BatchResult[], means: readonly Readonly<Logs>[], { params }: Run): void {
    const now = performance.now();
    if (now - this.#lastLine < LINE_MS) return;
    this.#lastLine = now;
    console.log(`epoch ${this.#epoch}/${params.epochs} step ${results.at(-1)!.index + 1}/${params.steps}${values(means.at(-1)!)}`);
  }

  onEpochEnd(epoch: number, logs: Logs, { params }: Run): void {
    const seconds = (performance.now() - this.#begin) / 1000;
    const perStep = (1000 * seconds) / params.steps;
    console.log(`epoch ${epoch + 1}/${params.epochs} - ${seconds.toFixed(1)}s ${perStep.toFixed(0)}ms/step${values(logs)}`);
  }
}

function values(logs: Readonly<Logs>): string {
  const texts = Object.entries(logs).map(([name, value]) => ` - ${name}: ${value.toFixed(4)}`);
  return texts.join('');
}
