import type { ImageIterator } from '../../data/iterator.js';
import { messageOf } from '../../engine/message_of.js';
import type { Extra } from '../../formats/model_file.js';
import type { BatchResult } from '../../nn/batch_log.js';
import type { Sequential } from '../../nn/model.js';
import { withRecovery } from '../../nn/recovery.js';
import type { RunConfig, RunGoal, RunHistory, ServerEvent } from '../protocol.js';
import { LiveRun } from './live.js';
import { KernelClock, measureNorms } from './measure.js';
import { noSteps } from './record.js';
import { Session } from './session.js';
import type { Computing } from './session_parts.js';

/** A run whose model is compiled and whose pictures are read: what begins to train next. */
export interface WatchedRun extends Computing {
  readonly id: number;
  readonly config: RunConfig;
  readonly goal?: RunGoal | undefined;
  readonly model: Sequential;
  readonly data: ImageIterator;
  readonly validation: ImageIterator;
  readonly classes: readonly string[];
  readonly rescale: number;
  readonly extra: Extra;
  /** The least val_loss before, where the run goes on from a checkpoint. */
  readonly best?: number | undefined;
}

export interface Watched {
  readonly session: Session;
  readonly live: LiveRun;
}

/** A run that has told nothing yet. */
export function emptyRun(
  { id, config, goal }: Pick<RunHistory, 'id' | 'config' | 'goal'>,
  state: RunHistory['state'],
  stepsPerEpoch = 0,
): RunHistory {
  return { id, config, goal, state, stepsPerEpoch, steps: noSteps(), epochs: [], norms: [] };
}

/** Tells pages of a run, and makes what answers their questions about it. The callback `live` must be given to fit(). */
export async function watchRun(run: WatchedRun, send: (event: ServerEvent) => void, signal: AbortSignal): Promise<Watched> {
  const { config, model, executor, data, validation, classes, rescale, extra, findings, untuned, decode, shaders, best } = run;
  const clock = await KernelClock.start(model, data, executor);
  let failed = false;
  const measure = async ({ batch }: BatchResult): Promise<void> => {
    if (failed) return;
    try {
      const kernels = clock && (await withRecovery(model, 'while kernels were timed', () => clock.read(model.step)));
      if (kernels) send({ type: 'kernels', kernels });
      send({ type: 'norms', norms: await measureNorms(model, data, batch) });
    } catch (error) {
      failed = true;
      send({ type: 'error', message: `norms are not measured in this run: ${messageOf(error)}` });
    }
  };
  const live = new LiveRun({ send, signal, best, measure });
  const sets = {
    train: { folder: config.train, images: data },
    validation: { folder: config.validation ?? config.train, images: validation },
  };
  const session = new Session({
    model,
    executor,
    classes,
    rescale,
    from: config.out,
    sets,
    extra,
    live,
    findings,
    untuned,
    decode,
    shaders,
  });
  send({ type: 'model', model: session.summary });
  send({ type: 'data', data: session.data });
  send({ type: 'run', run: emptyRun(run, 'running', data.length) });
  return { session, live };
}
