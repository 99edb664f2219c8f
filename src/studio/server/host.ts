import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImage } from '../../data/decode/index.js';
import { compileCheckpoint } from '../../formats/checkpoint.js';
import { writeAtomically } from '../../node/files.js';
import { pathSource } from '../../node/model_source.js';
import { shaderFiles } from '../../node/shaders.js';
import { note } from '../../node/terminal.js';
import { type DeviceOptions, openExecutor } from '../../run/device.js';
import { DiskStore } from '../../run/disk_store.js';
import { takeFolder } from '../../run/folder.js';
import type { FolderLock } from '../../run/lock.js';
import { NETWORK } from '../../run/names.js';
import { openForUse } from '../../run/open_for_use.js';
import type { OpenedExecutor } from '../../run/opened.js';
import { DEFAULTS, type RunConfig } from '../../run/options.js';
import { beginOf } from '../../run/origin.js';
import { readFolderFor } from '../../run/reading.js';
import { checkRun, readyRun } from '../../run/readying.js';
import { sampleFaces } from '../../run/sample_faces.js';
import { trainRun } from '../../run/training.js';
import { classesOf } from '../../run/use.js';
import type { Host, Progress, ReadyToTrain } from '../engine/host.js';
import type { SessionParts } from '../engine/session_parts.js';
import { watchedRun } from '../engine/watched_run.js';
import { type OpenCommand, SAMPLE_FACES, type StartCommand } from '../protocol.js';

/** Pictures that the model of a checkpoint is judged by at a time. */
const BATCH_SIZE = 10;

/** How files are read in Node. */
export const READS = { decode: decodeImage, shaders: shaderFiles } as const;

/** How the studio comes to its device, models and runs in Node: as `wgrad train` does. */
export class RunHost implements Host {
  readonly #options: DeviceOptions;
  readonly #runs: string;

  /** `runs`: the folder of runs, in which drawn faces are kept. */
  constructor(options: DeviceOptions, runs: string) {
    this.#options = options;
    this.#runs = runs;
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
    return { model, executor, findings, untuned, ...READS, classes, rescale, from: file, sets, extra };
  }

  /** Reads a run's pictures, or draws them, and compiles its model. A network that was built on the page is kept as a file in the run's folder. */
  async ready({ config, network }: StartCommand, device: OpenedExecutor, onProgress: Progress): Promise<ReadyToTrain> {
    const given = { ...DEFAULTS, ...config, ...(await this.#folders(config, onProgress)) };
    const built = join(given.out, NETWORK);
    let lock: FolderLock | undefined;
    let putBack = async (): Promise<void> => {};
    try {
      if (network !== undefined) {
        lock = await takeFolder(given);
        const before = await readFile(built).catch(() => undefined);
        putBack = () => (before ? writeAtomically(built, before) : rm(built, { force: true }));
        await writeAtomically(built, network);
      }
      const file = network === undefined ? {} : { network: built };
      const checked = await checkRun(await beginOf({ ...given, ...file }, () => false, pathSource), note);
      lock ??= await takeFolder(checked.options);
      const ready = await readyRun(checked, device.executor, note, (folder, done, total) => onProgress(`Reading ${folder}`, done, total));
      const held = lock;
      const watched = watchedRun(ready, { ...device, ...READS });
      return {
        ...watched,
        // Where the faces are drawn is the host's: a run that begins like this one asks for them again.
        config: { ...watched.config, train: config.train, validation: config.validation },
        release: () => held.release(),
        train: async (lastCallbacks, signal) => {
          const { history } = await trainRun(ready, device.executor, new DiskStore(ready.options.out), {
            signal,
            callbacks: [],
            lastCallbacks,
          });
          return history;
        },
      };
    } catch (error) {
      // A run that did not begin leaves the folder as it was.
      await putBack();
      await lock?.release();
      throw error;
    }
  }

  /** A run's folders; those of the program's own faces, drawn where they are not there yet. */
  async #folders({ train, validation }: RunConfig, onProgress: Progress): Promise<Pick<RunConfig, 'train' | 'validation'>> {
    if (train !== SAMPLE_FACES && validation !== SAMPLE_FACES) return { train, validation };
    const faces = await sampleFaces(this.#runs, (done, total) => onProgress('Drawing faces', done, total));
    return { train: train === SAMPLE_FACES ? faces.train : train, validation: validation === SAMPLE_FACES ? faces.validation : validation };
  }
}
