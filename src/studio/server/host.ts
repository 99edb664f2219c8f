import { decodeImage } from '../../data/decode/index.js';
import { compileCheckpoint } from '../../formats/checkpoint.js';
import { note } from '../../node/terminal.js';
import { type DeviceOptions, openExecutor } from '../../run/device.js';
import { takeFolder } from '../../run/folder.js';
import type { OpenedExecutor } from '../../run/opened.js';
import { DEFAULTS, eachOption, FORM_NAMES, type RunConfig } from '../../run/options.js';
import { beginOf } from '../../run/origin.js';
import { readFolderFor } from '../../run/reading.js';
import { checkRun, type ReadyRun, readyRun } from '../../run/readying.js';
import { trainRun } from '../../run/training.js';
import { classesOf, openForUse } from '../../run/use.js';
import type { Host, Progress, ReadyToTrain } from '../engine/host.js';
import type { SessionParts } from '../engine/session_parts.js';
import type { WatchedRun } from '../engine/watch.js';
import type { OpenCommand } from '../protocol.js';

/** Pictures that the model of a checkpoint is judged by at a time. */
const BATCH_SIZE = 10;

/** How the studio comes to its device, models and runs in Node: as `wgrad train` does. */
export class RunHost implements Host {
  readonly #options: DeviceOptions;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  open(onProgress: Progress): Promise<OpenedExecutor> {
    return openExecutor(this.#options, onProgress);
  }

  /** Reads a model's file, and a folder of pictures for it. */
  async load({ model: file, data: folder, ...given }: OpenCommand, device: OpenedExecutor, onProgress: Progress): Promise<SessionParts> {
    const used = await openForUse(file, given);
    const { checkpoint, rescale } = used;
    const read =
      folder === undefined
        ? undefined
        : await readFolderFor(used, folder, {
            batchSize: BATCH_SIZE,
            onProgress: (done, total) => onProgress(`Reading ${folder}`, done, total),
          });
    const classes = read?.classes ?? classesOf(used);
    const sets = folder !== undefined && read ? { validation: { folder, images: read.data } } : {};
    const model = await compileCheckpoint(checkpoint, device.executor);
    const { executor, findings, untuned } = device;
    const extra = { ...checkpoint.extra, classes, rescale };
    return { model, executor, findings, untuned, decode: decodeImage, classes, rescale, from: file, sets, extra };
  }

  /** Reads a run's pictures and compiles its model. */
  async ready(config: RunConfig, device: OpenedExecutor, onProgress: Progress): Promise<ReadyToTrain> {
    const checked = await checkRun(await beginOf({ ...DEFAULTS, ...config }, () => false), note);
    const lock = await takeFolder(checked.options);
    const reading = (folder: string, done: number, total: number): void => onProgress(`Reading ${folder}`, done, total);
    const ready = await readyRun(checked, device.executor, note, reading).catch(async error => {
      await lock.release();
      throw error;
    });
    return {
      ...watchedRun(ready, device),
      release: () => lock.release(),
      train: async (live, signal) => {
        const { history } = await trainRun(ready, device.executor, { signal, callbacks: [], lastCallbacks: [live] });
        return history;
      },
    };
  }
}

/** What the studio watches of a run. */
export function watchedRun({ options, model, data, validation, classes, extra }: ReadyRun, device: OpenedExecutor): Omit<WatchedRun, 'id'> {
  const config = eachOption(FORM_NAMES, name => options[name]);
  return {
    ...device,
    decode: decodeImage,
    config,
    model,
    data,
    validation,
    classes,
    rescale: extra.rescale,
    extra: { ...extra },
    best: extra.best,
  };
}
