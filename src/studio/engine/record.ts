import type { EpochPoint, KernelTimes, NormsPoint, RunHistory, RunState, ServerEvent, StepColumns } from '../protocol.js';

/** Points of a curve that are kept: more than a screen has columns. */
const MOST_STEPS = 8192;
const MOST_NORMS = 512;

const COLUMNS = ['step', 'epoch', 'loss', 'acc', 'batchLoss', 'ms'] as const;

type Columns = Record<(typeof COLUMNS)[number], number[]>;

/** Everything that was told of a run, for pages that are opened late; bounded, however long it runs. */
export class RunRecord {
  readonly #first: RunHistory;
  #state: RunState;
  #message: string | undefined;
  readonly #steps: Columns;
  /** Every so many steps one is kept. */
  #stride = 1;
  readonly #epochs: EpochPoint[];
  #norms: NormsPoint[];
  #kernels: KernelTimes | undefined;

  constructor(run: RunHistory) {
    this.#first = run;
    this.#state = run.state;
    this.#message = run.message;
    this.#steps = copyOf(run.steps);
    this.#epochs = [...run.epochs];
    this.#norms = [...run.norms];
    this.#kernels = run.kernels;
  }

  /** Notes what belongs to a run; other events are left to others. */
  note(event: ServerEvent): void {
    switch (event.type) {
      case 'steps':
        this.#add(event.steps);
        break;
      case 'epoch':
        this.#epochs.push(event.epoch);
        break;
      case 'norms':
        this.#norms.push(event.norms);
        if (this.#norms.length > MOST_NORMS) this.#norms = this.#norms.filter((_, i) => i % 2 === 0);
        break;
      case 'kernels':
        this.#kernels = event.kernels;
        break;
      case 'state':
        this.#state = event.state;
        this.#message = event.message;
        break;
    }
  }

  get isActive(): boolean {
    return this.#state === 'loading' || this.#state === 'running' || this.#state === 'paused';
  }

  get history(): RunHistory {
    return {
      ...this.#first,
      state: this.#state,
      message: this.#message,
      steps: this.#steps,
      epochs: this.#epochs,
      norms: this.#norms,
      kernels: this.#kernels,
    };
  }

  #add(steps: StepColumns): void {
    steps.step.forEach((step, i) => {
      if (step % this.#stride !== 0) return;
      for (const column of COLUMNS) this.#steps[column].push(steps[column][i]!);
    });
    if (this.#steps.step.length <= MOST_STEPS) return;
    this.#stride *= 2;
    const kept = this.#steps.step.map(step => step % this.#stride === 0);
    for (const column of COLUMNS) this.#steps[column] = this.#steps[column].filter((_, i) => kept[i]);
  }
}

export const noSteps = (): StepColumns => ({ step: [], epoch: [], loss: [], acc: [], batchLoss: [], ms: [] });

function copyOf(steps: StepColumns): Columns {
  return Object.fromEntries(COLUMNS.map(column => [column, [...steps[column]]])) as Columns;
}
