import type { DataSummary, Machine, ModelSummary, RunHistory, ServerEvent } from '../protocol.js';
import { RunRecord } from './record.js';

/** What an engine has told so far, for pages that come late. */
export class Told {
  #machine: Machine | undefined;
  #model: ModelSummary | undefined;
  #data: DataSummary | undefined;
  #record: RunRecord | undefined;

  note(event: ServerEvent): void {
    if (event.type === 'machine') this.#machine = event.machine;
    else if (event.type === 'model') this.#model = event.model;
    else if (event.type === 'data') this.#data = event.data;
    else if (event.type === 'run') this.#record = new RunRecord(event.run);
    else this.#record?.note(event);
  }

  /** Nothing computes any more. */
  forgetMachine(): void {
    this.#machine = undefined;
  }

  get isRunning(): boolean {
    return this.#record?.isActive ?? false;
  }

  /** Its part of a page's first event. */
  get summary(): {
    readonly machine: Machine | undefined;
    readonly model: ModelSummary | undefined;
    readonly data: DataSummary | undefined;
    readonly run: RunHistory | undefined;
  } {
    return { machine: this.#machine, model: this.#model, data: this.#data, run: this.#record?.history };
  }
}

/** The first `studio-N` that nothing is called yet. */
export function freeName(taken: Iterable<string>): string {
  const names = new Set(taken);
  let count = 1;
  while (names.has(`studio-${count}`)) count += 1;
  return `studio-${count}`;
}
