import type { Executable } from '../engine/executor.js';
import type { Graph } from '../engine/graph.js';
import { streams } from '../engine/random.js';
import type { Shape } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { fields, optional, permutation, whole } from '../nn/json.js';
import { type Batch, type Part, partOf, type Source, type SourceInput, type Traced } from '../nn/source.js';
import { MOST_PICTURES, PICTURE, TRANSFORM_LENGTH } from '../ops/augment.js';
import { type ImageEffects, traceEffects } from './effects.js';
import { checkSamePictures, OtherPicturesError, type PictureList, pictureList, readPictureList } from './picture_list.js';
import { MemoryPixels, type Pixels } from './pixels.js';
import { type Compat, randomTransform, type TransformParameters, type TransformRanges, writeTransform } from './transform.js';

/** What labels are made of an image's class: one-hot rows, the class' index as a number, or nothing. */
export type ClassMode = 'categorical' | 'binary' | 'sparse' | undefined;

/** Images of one size, each with its class. */
export interface ImageSet {
  /** Their bytes, [height, width, channels] each. */
  readonly pixels: Pixels;
  /** What their numbers are; of float32 ones `pixels` has the bytes of each. Default 'uint8'. */
  readonly dtype?: 'uint8' | 'float32' | undefined;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Index in classNames of each image's class. */
  readonly classes: readonly number[];
  readonly classNames: readonly string[];
  readonly filenames: readonly string[];
  /** Numbers to learn in place of the class, as many for each image. */
  readonly targets?: readonly (readonly number[])[] | undefined;
  /** How much each image's loss counts. */
  readonly weights?: readonly number[] | undefined;
  /** Of pictures that loading made them of: see nearDuplicates(). */
  readonly signatures?: Uint8Array | undefined;
}

/** Bytes of an image. */
export const bytesOf = ({ height, width, channels, dtype }: ImageSet): number =>
  height * width * channels * (dtype === 'float32' ? Float32Array.BYTES_PER_ELEMENT : 1);

export interface IteratorOptions {
  readonly batchSize: number;
  readonly shuffle: boolean;
  /** Seeds each batch anew with seed + batches seen; without it, draws go on from the common stream. */
  readonly seed: number | undefined;
  readonly classMode: ClassMode;
  readonly ranges: TransformRanges;
  readonly effects: ImageEffects;
  readonly compat: Compat;
}

export interface ImageBatch extends Batch {
  /** Whose pictures its rows are, and which. Another source of the same key may write them. */
  readonly pixels: Pixels;
  readonly pictures: readonly number[];
  /** [batchSize, height, width, channels]; of float32 images the bytes of their numbers. */
  readonly images: Uint8Array;
  /** [batchSize, 11]: see the augment op. Which picture is written with the rest, as only a plan knows which it has. */
  readonly transforms: Float32Array;
  readonly files: readonly string[];
  readonly parameters: readonly TransformParameters[];
}

/** Where an iterator stands. */
interface IteratorState {
  /** Images of the epoch under way in their order; absent before the first batch. */
  readonly indexArray: readonly number[] | undefined;
  readonly batchesSeen: number;
  /** Absent in checkpoints of older versions. */
  readonly list: PictureList | undefined;
}

/** Tells sets of pictures apart in the keys of plans. */
const ids = new WeakMap<Pixels, number>();
let lastId = 0;

function idOf(pixels: Pixels): number {
  const id = ids.get(pixels) ?? ++lastId;
  ids.set(pixels, id);
  return id;
}

/** Says which of the pictures that a plan has a row of a batch is made of. */
function setPicture({ transforms }: ImageBatch, row: number, picture: number): void {
  transforms[row * TRANSFORM_LENGTH + PICTURE] = picture;
}

const readState = fields<IteratorState>({ indexArray: optional(permutation), batchesSeen: whole(), list: optional(readPictureList) });

/**
 * Batches of randomly transformed images, drawn as Keras' DirectoryIterator draws them: which images, in which order, under which transforms.
 * Source: keras/preprocessing/image.py, class Iterator
 */
export class ImageIterator implements Source<ImageBatch> {
  readonly images: ImageSet;
  readonly key: string;
  /** Rows that are computed together: where there are fewer images than a batch takes, all of them. */
  readonly batchSize: number;
  readonly samples: number;
  readonly shape: Shape;
  readonly #options: IteratorOptions;
  #indexArray: number[] | undefined;
  #batchesSeen = 0;
  #list: PictureList | undefined;
  /** Of onDevice(), and of #bytesOf(). */
  #onDevice: Traced<ImageBatch> | undefined;
  #staging: Uint8Array | undefined;

  constructor(images: ImageSet, options: IteratorOptions) {
    this.images = images;
    this.samples = images.classes.length;
    this.batchSize = Math.min(options.batchSize, this.samples);
    this.shape = [images.height, images.width, images.channels];
    this.#options = options;
    this.key = `images ${this.shape.join('x')} of ${this.#dtype} by ${this.batchSize} ${JSON.stringify(options.effects)}${this.isWeighted ? ', weighted' : ''}`;
  }

  get #dtype(): 'uint8' | 'float32' {
    return this.images.dtype ?? 'uint8';
  }

  get isWeighted(): boolean {
    return this.images.weights !== undefined;
  }

  get classNames(): readonly string[] {
    return this.images.classNames;
  }

  /** Index of each class by its name, in the order of the indices. A Map, as objects list keys like '10' and '9' in an order of their own. */
  get classIndices(): ReadonlyMap<string, number> {
    return new Map(this.classNames.map((name, index) => [name, index]));
  }

  get filenames(): readonly string[] {
    return this.images.filenames;
  }

  /** Class of each image. */
  get classes(): readonly number[] {
    return this.images.classes;
  }

  get length(): number {
    return Math.ceil(this.samples / this.batchSize);
  }

  get labelUnits(): number | undefined {
    const { classMode } = this.#options;
    if (classMode === undefined) return undefined;
    if (this.images.targets) return this.images.targets[0]!.length;
    return classMode === 'categorical' ? this.classNames.length : 1;
  }

  trace(graph: Graph, part: Part = { first: 0, size: this.batchSize }): SourceInput<ImageBatch> {
    const images = graph.input('images', [part.size, ...this.shape], this.#dtype);
    return this.#trace(graph, part, images, (executable, batch) => {
      for (let i = 0; i < part.size; i++) setPicture(batch, part.first + i, i);
      executable.write(images, this.#numbersIn(this.#bytesOf(batch, part)));
    });
  }

  onDevice(bytes: number): Traced<ImageBatch> | undefined {
    const { pixels } = this.images;
    if (!(pixels instanceof MemoryPixels) || pixels.bytes.length > bytes || pixels.count > MOST_PICTURES) return undefined;
    if (this.#onDevice) return this.#onDevice;
    /** Plans that have the pictures, and the tensor by which they do. */
    const having = new WeakSet<Executable>();
    const tensors = new WeakMap<Graph, Tensor>();
    this.#onDevice = {
      key: `${this.key} kept ${idOf(pixels)}`,
      trace: (graph, part = { first: 0, size: this.batchSize }) => {
        const all = tensors.get(graph) ?? graph.kept('pictures', [pixels.count, ...this.shape], this.#dtype);
        tensors.set(graph, all);
        return this.#trace(graph, part, all, (executable, batch) => {
          batch.pictures.slice(part.first, part.first + part.size).forEach((picture, i) => {
            setPicture(batch, part.first + i, picture);
          });
          if (having.has(executable)) return;
          executable.write(all, this.#numbersIn(pixels.bytes));
          having.add(executable);
        });
      },
    };
    return this.#onDevice;
  }

  #trace(
    graph: Graph,
    part: Part,
    pictures: Tensor,
    writePictures: (executable: Executable, batch: ImageBatch) => void,
  ): SourceInput<ImageBatch> {
    const transforms = graph.input('transforms', [part.size, TRANSFORM_LENGTH]);
    const { effects } = this.#options;
    const statistics = effects.statistics && graph.input('statistics', [2, this.images.channels]);
    const write = (executable: Executable, batch: ImageBatch): void => {
      writePictures(executable, batch);
      executable.write(transforms, partOf(batch.transforms, this.batchSize, part));
      if (statistics) executable.write(statistics, effects.statistics!);
    };
    return { x: traceEffects(pictures, transforms, statistics, effects), write };
  }

  ready(order: readonly number[], at: number): Promise<void> | undefined {
    const { pixels } = this.images;
    if (!pixels.prepare) return undefined;
    const indexArray = this.#indexArray ?? this.#nextIndexArray();
    const next: number[] = [];
    for (let i = at + 1; i < order.length && next.length < (pixels.ahead ?? 0); i++) next.push(...this.#rowsOf(order[i]!, indexArray));
    return pixels.prepare(this.#rowsOf(order[at]!, indexArray), next);
  }

  batch(index: number): ImageBatch {
    const { seed, ranges, compat } = this.#options;
    const { pixels, height, width } = this.images;
    if (seed !== undefined) streams.numpy.seed((seed + this.#batchesSeen) % 2 ** 32);
    this.#batchesSeen += 1;
    this.#indexArray ??= this.#newIndexArray();
    const rows = this.#rowsOf(index, this.#indexArray);
    const transforms = new Float32Array(this.batchSize * TRANSFORM_LENGTH);
    const parameters = rows.map((_, i) => {
      const drawn = randomTransform(ranges, height, width, streams.numpy);
      writeTransform(transforms, i, drawn, height, width, compat);
      return drawn;
    });
    const copied = (): Uint8Array => {
      const bytes = new Uint8Array(this.batchSize * pixels.size);
      pixels.copy(rows, bytes);
      return bytes;
    };
    // What is at hand only now is taken now; what always is, when somebody looks.
    let images = pixels.prepare && copied();
    return {
      rows: rows.length,
      pixels,
      pictures: rows,
      get images() {
        images ??= copied();
        return images;
      },
      transforms,
      labels: this.#labels(rows),
      ...(this.isWeighted && { weights: this.#weights(rows) }),
      files: rows.map(row => this.filenames[row]!),
      parameters,
    };
  }

  /** Bytes of a part of a batch, until they are asked for again. */
  #bytesOf(batch: ImageBatch, part: Part): Uint8Array {
    const { pixels, pictures } = batch;
    if (pixels.prepare) return partOf(batch.images, this.batchSize, part);
    this.#staging ??= new Uint8Array(this.batchSize * pixels.size);
    const rows = pictures.slice(part.first, part.first + part.size);
    pixels.copy(rows, this.#staging);
    return this.#staging.subarray(0, part.size * pixels.size).fill(0, rows.length * pixels.size);
  }

  /** The numbers of images by their bytes. */
  #numbersIn(bytes: Uint8Array): Uint8Array | Float32Array {
    if (this.#dtype === 'uint8') return bytes;
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
  }

  /** Gives back the files and threads that pictures are read by, where memory does not hold them. */
  async close(): Promise<void> {
    await this.images.pixels.close?.();
  }

  onEpochEnd(): void {
    this.#indexArray = this.#newIndexArray();
  }

  save(): IteratorState {
    return { indexArray: this.#indexArray, batchesSeen: this.#batchesSeen, list: this.#pictures };
  }

  /** Throws an OtherPicturesError where the state is that of other pictures, or of the same in another order. */
  restore(state: unknown): void {
    const { indexArray, batchesSeen, list } = readState(state, 'where the pictures stood');
    if (list) checkSamePictures(list, this.#pictures, this.classNames);
    if (indexArray && indexArray.length !== this.samples) {
      throw new OtherPicturesError(`the run had ${indexArray.length} pictures, there are ${this.samples} now`);
    }
    this.#indexArray = indexArray && [...indexArray];
    this.#batchesSeen = batchesSeen;
  }

  get #pictures(): PictureList {
    this.#list ??= pictureList(this.images);
    return this.#list;
  }

  #rowsOf(index: number, indexArray: readonly number[]): number[] {
    return indexArray.slice(index * this.batchSize, (index + 1) * this.batchSize);
  }

  /** What the first batch will draw. */
  #nextIndexArray(): number[] {
    const { seed } = this.#options;
    const before = streams.numpy.state;
    if (seed !== undefined) streams.numpy.seed((seed + this.#batchesSeen) % 2 ** 32);
    const indexArray = this.#newIndexArray();
    streams.numpy.state = before;
    return indexArray;
  }

  #newIndexArray(): number[] {
    return this.#options.shuffle ? streams.numpy.permutation(this.samples) : Array.from({ length: this.samples }, (_, i) => i);
  }

  #labels(rows: readonly number[]): Float32Array | undefined {
    const units = this.labelUnits;
    if (units === undefined) return undefined;
    const labels = new Float32Array(this.batchSize * units);
    const { targets } = this.images;
    rows.forEach((row, i) => {
      if (targets) {
        labels.set(targets[row]!, i * units);
        return;
      }
      const label = this.classes[row]!;
      if (this.#options.classMode === 'categorical') labels[i * units + label] = 1;
      else labels[i] = label;
    });
    return labels;
  }

  #weights(rows: readonly number[]): Float32Array {
    const weights = new Float32Array(this.batchSize);
    weights.set(rows.map(row => this.images.weights![row]!));
    return weights;
  }
}
