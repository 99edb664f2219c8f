import { DeviceGoneError, DeviceLostError, type Executor } from '../engine/executor.js';
import { type GeneratorState, streams } from '../engine/random.js';
import type { Variable } from '../engine/tensor.js';
import type { Batch, Source } from './source.js';

/** Losses one after another, with nothing done between them, after which a device is given up. */
const MOST_LOSSES = 3;

/** What is under way where a plan is made ready. */
export const PREPARING = 'while kernels were tried and made ready';

/** A training under way. */
export interface Replayable {
  /** Brings the model from the numbers that were last kept to where it stood. */
  replay(): Promise<void>;
  /** Takes the rest of the model back to where it stood when its numbers were last kept. */
  rewind(): void;
  /** The weights were set from outside. */
  touch(): void;
}

/** Brings a compiled model back to where it stood after its device was lost. */
export class Recovery {
  /** While fit() trains the model. */
  training: Replayable | undefined;
  readonly #model: { readonly step: number };
  readonly #executor: Executor;
  readonly #variables: readonly Variable[];
  readonly #scratch: readonly Variable[];
  #losses = 0;
  #underWay: Promise<void> | undefined;

  /** `variables`: the model's weights and moments. `scratch`: what is written anew when work is done again. */
  constructor(model: { readonly step: number }, executor: Executor, variables: readonly Variable[], scratch: readonly Variable[]) {
    this.#model = model;
    this.#executor = executor;
    this.#variables = variables;
    this.#scratch = scratch;
  }

  /** Keeps weights and moments on the host. */
  keep(): Promise<void> {
    return this.#executor.keep(this.#variables);
  }

  /** Does work, and where a device was lost with it, again with the model as it stood. Throws a DeviceGoneError where that cannot be. */
  async retry<T>(activity: () => string, work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        this.#underWay ??= this.#recover(activity(), error).finally(() => {
          this.#underWay = undefined;
        });
        await this.#underWay;
      }
    }
  }

  /** Something is done: losses from here on are counted anew. */
  progress(): void {
    this.#losses = 0;
  }

  async #recover(activity: string, error: DeviceLostError): Promise<void> {
    // Whether the numbers on the device are older than what the model has.
    let isBehind = false;
    for (let loss = error; ; ) {
      try {
        this.#losses += 1;
        if (this.#losses > MOST_LOSSES) throw new DeviceGoneError(`${loss.message} ${activity}, ${MOST_LOSSES} times in a row`);
        await this.#executor.revive(activity);
        this.#executor.accept(this.#scratch);
        isBehind = this.#executor.accept(this.#variables) || isBehind;
        if (!isBehind) return;
        if (this.training) return await this.training.replay();
        throw new Error(
          `${loss.message} ${activity}, and with it what was made of the weights outside fit() since they were last set; they are those from then`,
        );
      } catch (failure) {
        if (!(failure instanceof DeviceLostError)) throw this.#giveUp(failure as Error);
        loss = failure;
      }
    }
  }

  /** Leaves a model that can be saved. */
  #giveUp(failure: Error): Error {
    this.#executor.accept(this.#variables);
    this.training?.rewind();
    this.#losses = 0;
    if (!(failure instanceof DeviceGoneError)) return failure;
    return new DeviceGoneError(
      `${failure.message}. The model is back at step ${this.#model.step}, where its numbers were last kept. ` +
        'If this happens again, a smaller batch, another adapter or another driver may help',
      { cause: failure },
    );
  }
}

/** Where the streams stand, and a source. */
export interface DrawState {
  readonly numpy: GeneratorState;
  readonly python: GeneratorState;
  readonly source: unknown;
}

export function drawState(source?: Source<Batch>): DrawState {
  return { numpy: streams.numpy.state, python: streams.python.state, source: source?.save() };
}

export function restoreDraws({ numpy, python, source: state }: DrawState, source?: Source<Batch>): void {
  streams.numpy.state = numpy;
  streams.python.state = python;
  source?.restore(state);
}

/**
 * Does work that leaves the model as it is, and does it again where the device is lost meanwhile: what it draws from the streams and its source is then drawn
 * again. `activity` is for messages: 'while evaluating'.
 */
export async function withRecovery<T>(
  { compiled: { recovery } }: { readonly compiled: { readonly recovery: Recovery } },
  activity: string,
  work: () => Promise<T>,
  source?: Source<Batch>,
): Promise<T> {
  const before = drawState(source);
  let isFirst = true;
  const result = await recovery.retry(
    () => activity,
    () => {
      if (!isFirst) restoreDraws(before, source);
      isFirst = false;
      return work();
    },
  );
  recovery.progress();
  return result;
}
