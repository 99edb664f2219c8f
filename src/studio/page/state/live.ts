import { computed, signal } from '@preact/signals';
import type {
  Command,
  DataSummary,
  EpochPoint,
  KernelTimes,
  Machine,
  ModelSummary,
  NormsPoint,
  PastRun,
  RunConfig,
  RunHistory,
  ServerEvent,
} from '../../protocol.js';
import { PROTOCOL } from '../../protocol.js';
import { link } from './linked.js';
import { StepBuffer } from './steps.js';

/** What the server last said, by event. */
export const connection = signal<'connecting' | 'open' | 'closed'>('connecting');
export const machine = signal<Machine | undefined>(undefined);
export const model = signal<ModelSummary | undefined>(undefined);
/** Counts the models that the studio has had: what was asked of one says nothing of the next, be it opened from the same file. */
export const modelCount = signal(0);
export const data = signal<DataSummary | undefined>(undefined);
export const pastRuns = signal<readonly PastRun[]>([]);
export const defaults = signal<RunConfig | undefined>(undefined);
export const canStart = signal(false);
/** The small network of the lessons, where the server has it to open. */
export const lessonModel = signal<{ readonly model: string; readonly data: string } | undefined>(undefined);
/** Whether the other side has said what it holds, and which model it was started with that is not open yet. */
export const isWelcome = signal(false);
export const opensModel = signal<string | undefined>(undefined);
export const trouble = signal<string | undefined>(undefined);
export const progress = signal<{ readonly text: string; readonly done: number; readonly total: number } | undefined>(undefined);

/** The run under way or the last one, without its curves. */
export type RunHead = Pick<RunHistory, 'id' | 'config' | 'goal' | 'state' | 'message' | 'stepsPerEpoch'> & {
  /** When this page first heard of it, by performance.now(). */
  readonly since: number;
  readonly step: number;
  readonly epoch: number;
};
export const run = signal<RunHead | undefined>(undefined);
/** Whether the studio's model is the run's: only then is there a last batch. */
export const holdsRun = computed(() => run.value !== undefined && run.value.config.out === model.value?.from);
export const epochs = signal<readonly EpochPoint[]>([]);
export const norms = signal<readonly NormsPoint[]>([]);
export const kernels = signal<KernelTimes | undefined>(undefined);

/** What was measured of the run's network, where that is the studio's model: beside another it would say something else than it seems to. */
export const modelNorms = computed(() => (holdsRun.value ? norms.value : []));
export const modelKernels = computed(() => (holdsRun.value ? kernels.value : undefined));

/** Steps may come faster than anybody looks. */
const REDRAW_MS = 120;

/** Curves change many times a second, so they are kept apart: `drawn` changes a few times a second at most, when there is more to draw. */
export const steps = new StepBuffer();
export const drawn = signal(0);

const NORMS_KEPT = 512;
let isWaiting = false;

function redraw(): void {
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    requestAnimationFrame(() => {
      isWaiting = false;
      drawn.value++;
    });
  }, REDRAW_MS);
}

function takeRun(history: RunHistory | undefined): void {
  steps.clear();
  if (history) steps.push(history.steps);
  epochs.value = history?.epochs ?? [];
  norms.value = history?.norms.slice(-NORMS_KEPT) ?? [];
  kernels.value = history?.kernels;
  const known = run.peek();
  run.value = history && {
    since: known?.id === history.id ? known.since : performance.now(),
    id: history.id,
    config: history.config,
    goal: history.goal,
    state: history.state,
    message: history.message,
    stepsPerEpoch: history.stepsPerEpoch,
    step: history.steps.step.at(-1) ?? 0,
    epoch: history.steps.epoch.at(-1) ?? 0,
  };
  progress.value = undefined;
  redraw();
}

/** A point more, every second of the old ones dropped where they are too many. */
function bounded<T>(points: readonly T[], point: T): readonly T[] {
  const kept = points.length >= NORMS_KEPT ? points.filter((_, i) => i % 2 === 0) : points;
  return [...kept, point];
}

function takeModel(given: ModelSummary | undefined): void {
  model.value = given;
  modelCount.value += 1;
}

function receive(event: ServerEvent): void {
  switch (event.type) {
    case 'hello':
      if (event.protocol !== PROTOCOL) {
        trouble.value = `This page speaks protocol ${PROTOCOL} and the server ${event.protocol}: reload the page.`;
        return;
      }
      machine.value = event.machine;
      takeModel(event.model);
      data.value = event.data;
      pastRuns.value = event.runs;
      defaults.value = event.defaults;
      canStart.value = event.canStart;
      lessonModel.value = event.lesson;
      isWelcome.value = true;
      opensModel.value = event.opens;
      takeRun(event.run);
      return;
    case 'machine':
      machine.value = event.machine;
      return;
    case 'model':
      takeModel(event.model);
      return;
    case 'data':
      data.value = event.data;
      return;
    case 'run':
      takeRun(event.run);
      return;
    case 'progress':
      progress.value = event;
      return;
    case 'steps': {
      steps.push(event.steps);
      const step = event.steps.step.at(-1);
      if (run.value && step !== undefined) run.value = { ...run.value, step, epoch: event.steps.epoch.at(-1)! };
      redraw();
      return;
    }
    case 'epoch':
      epochs.value = bounded(epochs.value, event.epoch);
      redraw();
      return;
    case 'norms':
      norms.value = bounded(norms.value, event.norms);
      redraw();
      return;
    case 'kernels':
      kernels.value = event.kernels;
      return;
    case 'state':
      if (run.value) {
        const { state, message, step, epoch } = event;
        run.value = { ...run.value, state, message, step: step || run.value.step, epoch: epoch || run.value.epoch };
      }
      if (event.state !== 'loading') progress.value = undefined;
      return;
    case 'runs':
      pastRuns.value = event.runs;
      if (defaults.value) defaults.value = { ...defaults.value, out: event.out };
      return;
    case 'error':
      trouble.value = event.message;
  }
}

export function connect(): void {
  link.open({
    onEvent: receive,
    onConnection: state => {
      connection.value = state;
    },
  });
}

/** Tells whoever computes to do something. What can't be done comes back as trouble. */
export function send(command: Command): void {
  if (!link.send(command)) trouble.value = 'There is no connection to the server. Is it still running?';
}
