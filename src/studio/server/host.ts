import { compileCheckpoint } from '../../formats/checkpoint.js';
import { loadCheckpoint } from '../../node/files.js';
import { note } from '../../node/terminal.js';
import { type DeviceOptions, type OpenedExecutor, openExecutor } from '../../run/device.js';
import { classesOf, extraOf } from '../../run/extra.js';
import { takeFolder } from '../../run/folder.js';
import { DEFAULTS, eachOption, FORM_NAMES, type RunConfig } from '../../run/options.js';
import { readFolderFor } from '../../run/reading.js';
import { checkRun, type ReadyRun, readyRun } from '../../run/readying.js';
import { withRunSettings } from '../../run/resume.js';
import { trainRun } from '../../run/training.js';
import type { Device, EngineHost, Progress, ReadyToTrain } from './engine.js';
import type { SessionParts } from './session_parts.js';
import type { WatchedRun } from './watch.js';

/** Pictures that the model of a checkpoint is judged by at a time. */
const BATCH_SIZE = 10;

const deviceOf = ({ executor, software, onNotice, findings, untuned }: OpenedExecutor): Device => ({
  executor,
  onNotice,
  machine: { description: executor.description, software },
  findings,
  untuned,
});

/** How the studio comes to its device, models and runs: as `wgrad train` does. */
export class RunHost implements EngineHost {
  readonly #options: DeviceOptions;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  async open(onProgress: Progress): Promise<Device> {
    return deviceOf(await openExecutor(this.#options, onProgress));
  }

  async load(file: string, folder: string | undefined, device: Device, onProgress: Progress): Promise<SessionParts> {
    const checkpoint = await loadCheckpoint(file);
    const { rescale } = extraOf(file, checkpoint);
    const read =
      folder === undefined
        ? undefined
        : await readFolderFor(file, checkpoint, folder, {
            batchSize: BATCH_SIZE,
            onProgress: (done, total) => onProgress(`Reading ${folder}`, done, total),
          });
    const classes = read?.classes ?? classesOf(file, checkpoint);
    const sets = folder !== undefined && read ? { validation: { folder, images: read.data } } : {};
    const model = await compileCheckpoint(checkpoint, device.executor);
    return { model, executor: device.executor, classes, rescale, from: file, sets, extra: checkpoint.extra, ...partsOf(device) };
  }

  async ready(config: RunConfig, device: Device, onProgress: Progress): Promise<ReadyToTrain> {
    const options = await withRunSettings({ ...DEFAULTS, ...config }, () => false);
    const checked = await checkRun(options, note);
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

const partsOf = ({ findings, untuned }: Device): Pick<SessionParts, 'findings' | 'untuned'> => ({ findings, untuned });

/** What the studio watches of a run. */
export function watchedRun(
  { options, model, data, validation, classes, extra }: ReadyRun,
  device: Pick<Device, 'executor' | 'findings' | 'untuned'>,
): Omit<WatchedRun, 'id'> {
  const config = eachOption(FORM_NAMES, name => options[name]);
  return { ...device, config, model, data, validation, classes, rescale: extra.rescale, extra: { ...extra }, best: extra.best };
}
