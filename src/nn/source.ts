import type { Executable } from '../engine/executor.js';
import type { Graph } from '../engine/graph.js';
import type { Shape } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';

/** A batch on its way to the device. Arrays hold a full batch; only the first `rows` rows count. */
export interface Batch {
  readonly rows: number;
  /** One row of the model's output each, or the number of its class; none where there is nothing to learn from. */
  readonly labels: Float32Array | undefined;
  /** How much each row's loss counts, where the source says so. */
  readonly weights?: Float32Array | undefined;
  /** The file of each row, where they come from files. */
  readonly files?: readonly string[];
}

/** Rows of a batch that are computed together: all of them, or a part where the device can't take all at once. */
export interface Part {
  readonly first: number;
  readonly size: number;
}

/** A part's numbers of an array that holds the same count for each row of a batch. */
export function partOf<T extends Float32Array | Uint8Array>(rows: T, batchSize: number, { first, size }: Part): T {
  const width = rows.length / batchSize;
  return rows.subarray(first * width, (first + size) * width) as T;
}

/** What a source records to make the model's input from what it uploads. */
export interface SourceInput<B extends Batch> {
  /** [rows of the part, …]: what the first layer sees. */
  readonly x: Tensor;
  /** Writes the part's rows of a batch. */
  write(executable: Executable, batch: B): void;
}

/** What a source records in plans, and by which key. */
export type Traced<B extends Batch> = Pick<Source<B>, 'key' | 'trace'>;

/**
 * Where batches come from: what Keras calls a Sequence. fit, evaluate and predict ask for batches by number, and say when an epoch ends.
 * Sources that draw random numbers do it in `batch` and `onEpochEnd`, in the order of these calls.
 */
export interface Source<B extends Batch = Batch> {
  /** Two sources with the same key can be computed by the same plan. */
  readonly key: string;
  readonly batchSize: number;
  /** Rows in an epoch, and batches: ceil(samples / batchSize). */
  readonly samples: number;
  readonly length: number;
  /** Shape of the model's input for one row. */
  readonly shape: Shape;
  /** Numbers of a label row, where there are labels. */
  readonly labelUnits: number | undefined;
  /** Whether its batches have weights. Its key says so, too. */
  readonly isWeighted?: boolean;
  /** Whether an epoch of fewer batches than there are leaves the others to the next one. */
  readonly goesOn?: true;
  /** `part`: default the whole batch. */
  trace(graph: Graph, part?: Part): SourceInput<B>;
  /** For plans whose device keeps all the data, where that is in memory and takes no more than so many bytes: a batch then says which rows, and brings none. */
  onDevice?(bytes: number): Traced<B> | undefined;
  /**
   * Resolves when batch(order[at]) has at hand what it needs, and may begin to bring what the batches after it in the order need; undefined where all is at
   * hand. Draws nothing. Absent where all always is.
   */
  ready?(order: readonly number[], at: number): Promise<void> | undefined;
  batch(index: number): B;
  onEpochEnd(): void;
  /** Everything that decides the batches to come, as JSON, and its return: for checkpoints. */
  save(): unknown;
  restore(state: unknown): void;
}

/** The batch order[at], once what it needs is at hand: how whoever uses a source asks for one. */
export async function nextBatch<B extends Batch>(source: Source<B>, order: readonly number[], at: number): Promise<B> {
  await source.ready?.(order, at);
  return source.batch(order[at]!);
}

/** All batches of a source, one after another. */
export const inOrder = ({ length }: Pick<Source, 'length'>): number[] => Array.from({ length }, (_, i) => i);
