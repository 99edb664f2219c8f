import { DeviceGoneError, type Executor } from '../engine/executor.js';
import { kindOfEnding } from '../formats/endings.js';
import type { Extra, ModelBytes } from '../formats/model_file.js';
import { fileOfModel } from '../formats/save.js';
import type { Callback } from '../nn/callbacks/callback.js';
import { ModelCheckpoint } from '../nn/callbacks/model_checkpoint.js';
import { NotFiniteError } from '../nn/finite.js';
import type { History } from '../nn/fit_options.js';
import { note } from '../nn/notes.js';
import { augmentationOf } from './augmentation.js';
import { exampleName } from './checkpoint_template.js';
import type { ReadyRun } from './compiling.js';
import { historyCsv, historyFiles } from './history_files.js';
import { LAST } from './names.js';
import { networkWords } from './network_words.js';
import type { RunStore } from './store.js';

export interface TrainRunOptions {
  /** When it aborts, the step under way is finished and the checkpoint saved. */
  readonly signal: AbortSignal;
  readonly callbacks: readonly Callback[];
  /** Called after the epoch's files are written. */
  readonly lastCallbacks?: readonly Callback[];
}

export interface TrainedRun {
  readonly history: History;
  /** The checkpoint to go on from; where the run was interrupted, it has been saved too. */
  readonly last: string;
}

/** Trains, and writes the best epochs' checkpoints, the last one, also during an epoch, and the history after each epoch. */
export async function trainRun(
  { options, model, data, validation, extra, classWeight }: ReadyRun,
  executor: Executor,
  store: RunStore,
  { signal, callbacks, lastCallbacks = [] }: TrainRunOptions,
): Promise<TrainedRun> {
  const last = store.placeOf(LAST);
  const noted = new Set<string>();
  const bytesOf = async (name: string, kept: Extra): Promise<ModelBytes> =>
    store.bytesOf(name, await fileOfModel(model, kept), each => {
      if (!noted.has(each)) note(`${store.placeOf(name)}: ${each}.`);
      noted.add(each);
    });
  // What is not on the disk yet is not what a run that goes on must be better than.
  let bestWritten = extra.best;
  const best = new ModelCheckpoint({
    filepath: options.checkpoint,
    saveBestOnly: true,
    save: async name => store.write('best', name, await bytesOf(name, { ...extra, best: best.best })),
    ...(extra.best !== undefined && { initialValueThreshold: extra.best }),
  });
  const everyMs = 60_000 * options.saveEvery;
  // A layer that such files cannot hold is said before the first step, not after an epoch of them.
  const first = exampleName(options.checkpoint);
  if ((kindOfEnding(first) ?? 'safetensors') !== 'safetensors') await bytesOf(first, { ...extra });
  let lastSave = performance.now();
  let savedStep: number | undefined;
  const save = async (): Promise<void> => {
    if (savedStep === undefined && options.resume !== undefined && !options.overwrite) await store.keepLater(options.resume);
    if (store.isWritten('best') && Number.isFinite(best.best)) bestWritten = best.best;
    await store.write('last', LAST, await bytesOf(LAST, { ...extra, best: bestWritten }));
    if (store.isWritten('last')) savedStep = model.step;
    lastSave = performance.now();
  };
  const about = {
    ...store.circumstances(executor.description),
    seed: model.seed,
    batchSize: options.batchSize,
    images: data.samples,
    augmentation: augmentationOf(options),
    classWeight,
    network: networkWords(model),
  };
  const saveHistory = async (): Promise<void> => {
    const { history } = model.training!;
    if (!history.loss) return;
    for (const [name, content] of historyFiles(history, about)) await store.write(name, name, content);
  };
  const saving: Callback = {
    // The program may have been ended between a checkpoint and its history.
    onTrainBegin: async () => {
      if (!model.training) return;
      const written = await store.read('history.csv');
      if (!written || new TextDecoder().decode(written) !== historyCsv(model.training.history)) await saveHistory();
    },
    readsModel: true,
    onEpochEnd: async () => {
      await save();
      await saveHistory();
    },
  };
  const training = model.fit(data, {
    epochs: options.epochs,
    maxSteps: options.maxSteps,
    validationData: validation,
    classWeight,
    callbacks: [...callbacks, best, saving, ...lastCallbacks],
    signal,
    autosave: { isDue: () => performance.now() - lastSave >= everyMs, save },
    resume: model.training,
    otherData: options.otherPictures,
  });
  const history = await training.catch(async (error: Error) => {
    if (error instanceof DeviceGoneError) {
      if (savedStep === undefined || savedStep < model.step) await save();
      const rest = savedStep === undefined ? `${last} could not be written` : `Saved after step ${savedStep}: go on with --resume ${last}`;
      throw new DeviceGoneError(`${error.message}. ${rest}`, { cause: error });
    }
    if (!(error instanceof NotFiniteError)) throw error;
    const from = savedStep === undefined ? options.resume : `${last}, saved after step ${savedStep}`;
    const rest = from === undefined ? 'Nothing had been saved before it' : `The last checkpoint before it is ${from}`;
    throw new NotFiniteError(`${error.message}. ${rest}.`, { cause: error });
  });
  // A run that had nothing left to do may have been taken to another folder.
  if (history.interrupted || !(await store.read(LAST))) await save();
  await store.finish();
  return { history, last };
}
