import type { Executable } from '../engine/executor.js';
import type { Graph } from '../engine/graph.js';
import { streams } from '../engine/random.js';
import { formatShape, type Shape, sizeOf } from '../engine/shape.js';
import { firstNonFinite } from './finite.js';
import { fields, optional, permutation, shown } from './json.js';
import { type Batch, type Part, partOf, type Source, type SourceInput } from './source.js';

export interface ArrayOptions {
  /** Default 32, as in Keras. */
  readonly batchSize?: number;
  /** Whether each epoch takes the rows in a new order. Default true. */
  readonly shuffle?: boolean;
  /** How much each row's loss counts: [samples]. Default 1 each. */
  readonly sampleWeight?: Float32Array | undefined;
}

export interface ArrayBatch extends Batch {
  readonly x: Float32Array;
}

/** Throws, for those who call from JavaScript, where these are no numbers one after another. */
function checkArray(name: string, values: unknown): void {
  if (ArrayBuffer.isView(values) && !(values instanceof DataView)) return;
  throw new Error(`arrays: ${name} is ${shown(values)}, wanted a Float32Array`);
}

/** Throws where a row has a number that is not finite. */
function checkRows(name: string, values: Float32Array, width: number): void {
  const index = firstNonFinite(values);
  if (index < 0) return;
  throw new Error(`arrays: ${name}[${index}], in row ${Math.floor(index / width)}, is ${values[index]}, wanted finite numbers only`);
}

const readState = fields<{ readonly order: number[] | undefined }>({ order: optional(permutation) });

/** Rows of numbers in memory as a source of batches: x [samples, …shape] and, for training, labels y [samples, units]. */
export class ArraySource implements Source<ArrayBatch> {
  /** Rows that are computed together: where there are fewer rows than a batch takes, all of them. */
  readonly batchSize: number;
  readonly samples: number;
  readonly shape: Shape;
  readonly goesOn = true;
  readonly labelUnits: number | undefined;
  readonly #x: Float32Array;
  readonly #y: Float32Array | undefined;
  readonly #weights: Float32Array | undefined;
  readonly #shuffle: boolean;
  #order: number[] | undefined;

  constructor(x: Float32Array, shape: Shape, y?: Float32Array, { batchSize = 32, shuffle = true, sampleWeight }: ArrayOptions = {}) {
    const width = sizeOf(shape);
    checkArray('x', x);
    if (y !== undefined) checkArray('y', y);
    if (!Number.isInteger(batchSize) || batchSize < 1) throw new Error(`arrays: batchSize is ${batchSize}, wanted a positive integer`);
    this.samples = x.length / width;
    if (x.length === 0 || !Number.isInteger(this.samples)) {
      throw new Error(`arrays: ${x.length} numbers do not fill rows of shape ${formatShape(shape)} (${width} numbers each)`);
    }
    this.labelUnits = y && y.length / this.samples;
    if (this.labelUnits !== undefined && (this.labelUnits < 1 || !Number.isInteger(this.labelUnits))) {
      throw new Error(`arrays: ${y!.length} label numbers do not divide among ${this.samples} rows`);
    }
    checkRows('x', x, width);
    if (y) checkRows('y', y, this.labelUnits!);
    if (sampleWeight !== undefined) {
      checkArray('sampleWeight', sampleWeight);
      checkRows('sampleWeight', sampleWeight, 1);
      if (sampleWeight.length !== this.samples)
        throw new Error(`arrays: sampleWeight has ${sampleWeight.length} numbers, wanted one for each of ${this.samples} rows`);
    }
    this.#weights = sampleWeight;
    this.#x = x;
    this.#y = y;
    this.shape = shape;
    this.batchSize = Math.min(batchSize, this.samples);
    this.#shuffle = shuffle;
  }

  get key(): string {
    return `arrays ${formatShape(this.shape)} by ${this.batchSize}${this.isWeighted ? ', weighted' : ''}`;
  }

  get isWeighted(): boolean {
    return this.#weights !== undefined;
  }

  get length(): number {
    return Math.ceil(this.samples / this.batchSize);
  }

  trace(graph: Graph, part: Part = { first: 0, size: this.batchSize }): SourceInput<ArrayBatch> {
    const x = graph.input('x', [part.size, ...this.shape]);
    return { x, write: (executable: Executable, batch) => executable.write(x, partOf(batch.x, this.batchSize, part)) };
  }

  batch(index: number): ArrayBatch {
    this.#order ??= this.#newOrder();
    const rows = this.#order.slice(index * this.batchSize, (index + 1) * this.batchSize);
    return {
      rows: rows.length,
      x: this.#gather(this.#x, rows),
      labels: this.#y && this.#gather(this.#y, rows),
      weights: this.#weights && this.#gather(this.#weights, rows),
    };
  }

  onEpochEnd(): void {
    this.#order = this.#newOrder();
  }

  save(): unknown {
    return { order: this.#order };
  }

  /** Tells other arrays by the number of their rows alone: they have no names, and to read all of their numbers would take a pass over the data. */
  restore(state: unknown): void {
    const { order } = readState(state, 'where the arrays stood');
    if (order && order.length !== this.samples)
      throw new Error(`resume: the arrays had ${order.length} rows, they have ${this.samples} now`);
    this.#order = order;
  }

  #newOrder(): number[] {
    return this.#shuffle ? streams.numpy.permutation(this.samples) : Array.from({ length: this.samples }, (_, i) => i);
  }

  /** A full batch whose first rows are those asked for. */
  #gather(of: Float32Array, rows: readonly number[]): Float32Array {
    const width = of.length / this.samples;
    const batch = new Float32Array(this.batchSize * width);
    rows.forEach((row, i) => {
      batch.set(of.subarray(row * width, (row + 1) * width), i * width);
    });
    return batch;
  }
}
