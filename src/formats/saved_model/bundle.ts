import { formatShape, type Shape, sameShape, sizeOf } from '../../engine/shape.js';
import { shown } from '../../nn/json.js';
import { maskedCrc32c } from '../crc32c.js';
import { fieldsOf } from '../wire.js';
import { readTable } from './table.js';

const INDEX = 'variables/variables.index';
const DATA = 'variables/variables.data-00000-of-00001';

/** Numbers of types in TensorFlow's DataType. */
const FLOAT32 = 1;
const INT32 = 3;
const INT64 = 9;
const TYPES: ReadonlyMap<number, string> = new Map([
  [FLOAT32, 'float32'],
  [2, 'float64'],
  [INT32, 'int32'],
  [7, 'string'],
  [INT64, 'int64'],
  [14, 'bfloat16'],
  [19, 'float16'],
]);

/** Where a tensor lies in the data. */
interface Entry {
  readonly dtype: number;
  readonly shape: Shape;
  readonly offset: number;
  readonly size: number;
  readonly checksum: number;
}

/**
 * The variables of a SavedModel folder, by the keys of TensorFlow's checkpoints. What is asked for is compared with what the index says before a byte
 * of the data is looked at. Source: tensorflow/core/protobuf/tensor_bundle.proto
 */
export class Bundle {
  readonly name: string;
  readonly #data: Uint8Array;
  /** Bytes that may still be read: no two variables share any. */
  #left: number;
  readonly #table: ReadonlyMap<string, Uint8Array>;

  /** `name` of the folder, for error messages. */
  constructor(name: string, index: Uint8Array, data: Uint8Array) {
    this.name = name;
    this.#data = data;
    this.#left = data.length;
    this.#table = readTable(`${name}/${INDEX}`, index);
    this.#checkHeader();
  }

  has(variable: string): boolean {
    return this.#table.has(keyOf(variable));
  }

  /** A variable of float32. Throws where it is missing, of another type or shape, or damaged. `what` is its name in messages. */
  float32(variable: string, shape: Shape, what: string): Float32Array {
    const entry = this.#entry(variable, what);
    if (entry.dtype !== FLOAT32) throw this.#otherType(entry, what, 'float32');
    this.#checkShape(entry, shape, what);
    const { buffer } = new Uint8Array(this.#bytes(entry, 4, what));
    return new Float32Array(buffer);
  }

  /** A whole number of int64 or int32. */
  whole(variable: string, what: string): bigint {
    const entry = this.#entry(variable, what);
    if (entry.dtype !== INT64 && entry.dtype !== INT32) throw this.#otherType(entry, what, 'int64');
    this.#checkShape(entry, [], what);
    const bytes = this.#bytes(entry, entry.dtype === INT64 ? 8 : 4, what);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return entry.dtype === INT64 ? view.getBigInt64(0, true) : BigInt(view.getInt32(0, true));
  }

  #checkHeader(): void {
    const index = `${this.name}/${INDEX}`;
    const header = this.#table.get('');
    if (!header) throw new Error(`${index} has no header`);
    let shards = 0;
    for (const { number, value } of fieldsOf(header, `the header of ${index}`)) {
      if (number === 1 && typeof value === 'number') shards = value;
      if (number === 2 && value !== 0) throw new Error(`${index}: its numbers are big-endian, wanted little-endian ones`);
    }
    if (shards !== 1) throw new Error(`${index}: its variables lie in ${shards} files, wanted one: save the model in one piece`);
  }

  #entry(variable: string, what: string): Entry {
    const index = `${this.name}/${INDEX}`;
    const bytes = this.#table.get(keyOf(variable));
    if (!bytes) throw new Error(`${index} has no ${what}: looked for ${shown(keyOf(variable))}`);
    let shape: Shape = [];
    const numbers = [0, 0, 0, 0, 0, 0, 0];
    for (const { number, value } of fieldsOf(bytes, `the entry of ${what} in ${index}`)) {
      if (number === 7) throw new Error(`${index}: ${what} is kept in slices, wanted it in one piece`);
      if (number === 2 && typeof value !== 'number') shape = shapeOf(value, `the shape of ${what} in ${index}`);
      if (number < numbers.length && typeof value === 'number') numbers[number] = value;
    }
    const [, dtype, , shard, offset, size, checksum] = numbers as [number, number, number, number, number, number, number];
    if (shard !== 0) throw new Error(`${index}: ${what} is in file ${shard}, wanted 0, the only one`);
    return { dtype, shape, offset, size, checksum };
  }

  #otherType({ dtype }: Entry, what: string, wanted: string): Error {
    return new Error(`${this.name}: ${what} is of ${TYPES.get(dtype) ?? `type ${dtype}`}, wanted ${wanted}`);
  }

  #checkShape({ shape }: Entry, wanted: Shape, what: string): void {
    if (sameShape(shape, wanted)) return;
    throw new Error(`${this.name}: ${what} has shape ${formatShape(shape)}, the model wants ${formatShape(wanted)}`);
  }

  /** The entry's bytes in the data, its shape checked before, by their checksum. */
  #bytes({ shape, offset, size, checksum }: Entry, elementBytes: number, what: string): Uint8Array {
    const data = `${this.name}/${DATA}`;
    const wanted = sizeOf(shape) * elementBytes;
    if (size !== wanted)
      throw new Error(`${this.name}/${INDEX}: ${what} has ${size} bytes, its shape ${formatShape(shape)} takes ${wanted}`);
    if (offset < 0 || offset + size > this.#data.length) {
      throw new Error(`${data} has ${this.#data.length} bytes, ${what} should end at byte ${offset + size}: it may be cut short`);
    }
    this.#left -= size;
    if (this.#left < 0) throw new Error(`${data} is too small for the variables that the index has: some of them overlap`);
    const bytes = this.#data.subarray(offset, offset + size);
    if (maskedCrc32c(bytes) !== checksum) throw new Error(`${data}: the checksum of ${what} is wrong: the file is damaged`);
    return bytes;
  }
}

const keyOf = (variable: string): string => `${variable}/.ATTRIBUTES/VARIABLE_VALUE`;

/** TensorShapeProto: dimensions, each with its size. */
function shapeOf(message: Uint8Array, what: string): Shape {
  const shape: number[] = [];
  for (const { number, value } of fieldsOf(message, what)) {
    if (number !== 2 || typeof value === 'number') continue;
    let size = 0;
    for (const field of fieldsOf(value, what)) if (field.number === 1 && typeof field.value === 'number') size = field.value;
    shape.push(size);
  }
  return shape;
}

/** Files of a SavedModel folder that are looked at; no other is opened. */
export const FILES = { index: INDEX, data: DATA, metadata: 'keras_metadata.pb', graph: 'saved_model.pb' } as const;
