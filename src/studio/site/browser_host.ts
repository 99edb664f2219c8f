import { ImageDataGenerator, type ImageDataGeneratorOptions } from '../../data/generator.js';
import type { ImageIterator } from '../../data/iterator.js';
import { colorModeOf } from '../../data/resize.js';
import { type Subset, subsetOf } from '../../data/split.js';
import { compileCheckpoint } from '../../formats/checkpoint.js';
import { openInto, type SourceOf } from '../../formats/open_into.js';
import { bytesSource } from '../../formats/source.js';
import type { ShaderSource } from '../../gpu/shader.js';
import type { Sequential } from '../../nn/model.js';
import { note } from '../../nn/notes.js';
import { augmentationOf } from '../../run/augmentation.js';
import { checkClassWeights } from '../../run/class_weight.js';
import { classModeOf } from '../../run/classes.js';
import { type CheckedRun, type CompiledRun, type Pictures, readyWith, seeded } from '../../run/compiling.js';
import { LAST, NETWORK } from '../../run/names.js';
import type { OpenedExecutor } from '../../run/opened.js';
import { DEFAULTS, type RunConfig } from '../../run/options.js';
import { beginOf, classOrder, weightsOf } from '../../run/origin.js';
import { trainRun } from '../../run/training.js';
import { classesFor, classesOf, useCheckpoint } from '../../run/use.js';
import { checkClasses } from '../../run/words.js';
import type { Host, Progress, ReadyToTrain } from '../engine/host.js';
import type { SessionParts } from '../engine/session_parts.js';
import { watchedRun } from '../engine/watched_run.js';
import { decodeHere } from '../page/engine/decode.js';
import { type OpenCommand, SAMPLE_FACES, type StartCommand } from '../protocol.js';
import { openDevice } from './device.js';
import type { Files } from './files.js';
import { type Folder, inOrder, openFolder, type Part, readPictures } from './folders.js';
import { SiteStore } from './site_store.js';
import { holdRun } from './tabs.js';
import { yielding } from './yielding.js';

/** The model that comes along, as `open` takes it. */
export const SMALL_NETWORK = 'small-network.safetensors';

const SMALL_ADDRESS = new URL('../../../data/lesson.safetensors', import.meta.url);

/** Pictures that an opened model is judged by at a time. */
const BATCH_SIZE = 10;

/** Minutes between saves of a run, which a reload goes on from: of a large network they take a while. */
const saveEvery = (model: Sequential): number => (weightsOf(model) > LARGE ? 0.5 : 0.1);
const LARGE = 200_000;

/** How a folder's pictures are read and given. */
interface Order {
  readonly part: Part;
  readonly classes: readonly string[];
  readonly generator: ImageDataGeneratorOptions;
  readonly subset?: Subset | undefined;
  readonly batchSize: number;
  readonly shuffle: boolean;
}

const decode = (file: Uint8Array) => decodeHere(new Blob([file as Uint8Array<ArrayBuffer>]));

/** How the studio comes to its device, models and runs in a browser's worker: as `wgrad train` does, with the browser's files in place of a disk's. */
export class BrowserHost implements Host {
  readonly #files: Files;
  readonly #shaders: ShaderSource;

  constructor(files: Files, shaders: ShaderSource) {
    this.#files = files;
    this.#shaders = shaders;
  }

  get #reads() {
    return { decode, shaders: this.#shaders };
  }

  open(): Promise<OpenedExecutor> {
    return openDevice(this.#shaders);
  }

  async load(
    { model: file, data: folder, network, ...given }: OpenCommand,
    device: OpenedExecutor,
    onProgress: Progress,
  ): Promise<SessionParts> {
    const used = useCheckpoint(file, await openInto(this.#sourceOf, file, network), given);
    const { checkpoint, rescale } = used;
    const found = folder === undefined ? undefined : await this.#open(folder, 'validation', onProgress);
    const classes = found ? classesFor(used, folder!, found.listed.classNames) : classesOf(used);
    const order = { part: 'validation', classes, generator: { rescale }, batchSize: BATCH_SIZE, shuffle: false } as const;
    const sets = found ? { validation: { folder: folder!, images: await this.#read(folder!, checkpoint.model, order, onProgress) } } : {};
    const model = await compileCheckpoint(checkpoint, device.executor);
    const extra = { ...checkpoint.extra, classes, rescale };
    return { ...device, ...this.#reads, model, classes, rescale, from: file, sets, extra };
  }

  async ready({ config, network }: StartCommand, device: OpenedExecutor, onProgress: Progress): Promise<ReadyToTrain> {
    const { out } = config;
    const release = await holdRun(out);
    try {
      const replaces = await this.#checkFolder(config);
      const own = `${out}/${NETWORK}`;
      const file = network === undefined ? {} : { network: own };
      const sourceOf: SourceOf = async path =>
        network !== undefined && path === own ? bytesSource(own, new TextEncoder().encode(network)) : this.#sourceOf(path);
      const begin = await beginOf({ ...DEFAULTS, ...config, ...file }, () => false, sourceOf);
      const checked = await this.#check(begin, onProgress);
      const ready = await readyWith(checked, device.executor, note, compiled => this.#pictures(checked, compiled, onProgress));
      // A run that can't begin takes no other's files away.
      if (replaces) await this.#files.remove(out);
      if (network !== undefined) await this.#files.write(own, network);
      return {
        ...watchedRun(ready, { ...device, ...this.#reads }),
        release,
        train: async (lastCallbacks, signal) => {
          const callbacks = device.machine.software ? [yielding()] : [];
          const store = new SiteStore(this.#files, out);
          const run = { ...ready, options: { ...ready.options, saveEvery: saveEvery(ready.model) } };
          return (await trainRun(run, device.executor, store, { signal, callbacks, lastCallbacks })).history;
        },
      };
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** Whether the run is to replace another. Throws where it would write over that one's files without it being asked for. */
  async #checkFolder({ out, resume, overwrite }: RunConfig): Promise<boolean> {
    const last = `${out}/${LAST}`;
    if (resume?.startsWith(`${out}/`) || !(await this.#files.read(last))) return false;
    if (!overwrite) throw new Error(`${out} has a run already: resume from ${last}, name another folder, or tick to overwrite its files`);
    return true;
  }

  /** A model that was dropped, one of a run, or the one that comes along. */
  readonly #sourceOf: SourceOf = async path => {
    const bytes = path === SMALL_NETWORK ? new Uint8Array(await (await fetch(SMALL_ADDRESS)).arrayBuffer()) : await this.#files.read(path);
    if (!bytes) throw new Error(`cannot read ${path}: it is not among this browser's files`);
    return bytesSource(path, bytes);
  };

  /** The seed, and the classes of the run's pictures. Throws where they could not be learned. */
  async #check(begin: Parameters<typeof seeded>[0], onProgress: Progress): Promise<CheckedRun> {
    const options = seeded(begin, note);
    const { train, validation } = options;
    const { classNames } = (await this.#open(train, 'train', onProgress)).listed;
    if (classNames.length < 2) throw new Error(`${train} has the one class ${classNames.join()}; wanted at least two to tell apart`);
    if (validation !== undefined) {
      checkClasses(validation, (await this.#open(validation, 'validation', onProgress)).listed.classNames, train, classNames);
    }
    const classes = classOrder(options, begin.origin, classNames);
    checkClassWeights(options.classWeight, classes);
    return { options, classes, origin: begin.origin };
  }

  async #pictures({ options, classes }: CheckedRun, { model, extra: { rescale } }: CompiledRun, onProgress: Progress): Promise<Pictures> {
    const { train, validation: judged, split, validationSplit = split, seed, batchSize } = options;
    const isParted = judged === undefined;
    const parting = { rescale, ...(isParted && { validationSplit, splitSeed: split === undefined ? undefined : seed }) };
    const augmented = { compat: options.compat, ...augmentationOf(options), ...parting };
    const order = { classes, batchSize, shuffle: true } as const;
    const subsets = isParted ? (['training', 'validation'] as const) : [];
    const [part, judging]: readonly Part[] = ['train', isParted ? 'train' : 'validation'];
    return {
      data: await this.#read(train, model, { ...order, part: part!, generator: augmented, subset: subsets[0] }, onProgress),
      validation: await this.#read(
        judged ?? train,
        model,
        { ...order, part: judging!, generator: parting, subset: subsets[1] },
        onProgress,
      ),
    };
  }

  #open(folder: string, part: Part, onProgress: Progress): Promise<Folder> {
    return openFolder(this.#files, folder, part, (done, total) => onProgress('Drawing faces', done, total));
  }

  /** A folder's pictures as a model takes them. */
  async #read(
    name: string,
    model: Sequential,
    { part, classes, generator, subset, batchSize, shuffle }: Order,
    onProgress: Progress,
  ): Promise<ImageIterator> {
    const folder = await this.#open(name, part, onProgress);
    const listed = inOrder(folder.listed, classes);
    const { validationSplit: share, splitSeed } = generator;
    const kept = subset ? subsetOf(listed, { share: share!, seed: splitSeed }, subset) : listed;
    const [height, width, channels] = model.inputShape as [number, number, number];
    const size = { height, width, colorMode: colorModeOf(channels)! };
    const images = await readPictures(folder, kept, size, (done, total) =>
      onProgress(`Reading ${name === SAMPLE_FACES ? 'the faces' : name}`, done, total),
    );
    return new ImageDataGenerator(generator).flow(images, { batchSize, shuffle, classMode: classModeOf(model) ?? null });
  }
}
