import { kindOf } from '../data/decode/format.js';
import { formatShape, type Shape, sizeOf } from '../engine/shape.js';
import { parseJson, shown } from '../nn/json.js';

/** Numbers with a shape, as a safetensors file holds them. */
export interface StoredTensor {
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array | Uint32Array | Int16Array | Uint8Array;
}

type Metadata = Readonly<Record<string, string>>;

/** What a file is written from. */
export interface SafetensorsContent {
  /** By name, in the order in which they are stored. */
  readonly tensors: Iterable<readonly [string, StoredTensor]>;
  readonly metadata: Metadata;
}

/** What a file holds. A tensor may have any name, so that an object's keys would not do: neither '__proto__' nor the order of '10' and '9'. */
export interface SafetensorsFile {
  /** In the order in which they are stored. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Metadata;
}

type ArrayType = typeof Float32Array | typeof Int32Array | typeof Uint32Array | typeof Int16Array | typeof Uint8Array;

const TYPES: ReadonlyMap<unknown, ArrayType> = new Map<string, ArrayType>([
  ['F32', Float32Array],
  ['I32', Int32Array],
  ['U32', Uint32Array],
  ['I16', Int16Array],
  ['U8', Uint8Array],
]);

/** An entry of the header, and where its numbers lie. */
interface Entry {
  readonly name: string;
  readonly type: ArrayType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/** The length of the header stands in 8 bytes before it. */
const PREFIX_BYTES = 8;

/** The format allows no longer header. */
const MOST_HEADER_BYTES = 100_000_000;

const METADATA = '__metadata__';

/**
 * A safetensors file: the header's length (64 bits, little-endian), a JSON header padded with spaces to 8 bytes, the tensors' bytes.
 * Source: https://huggingface.co/docs/safetensors/index#format
 */
export function writeSafetensors({ tensors, metadata }: SafetensorsContent): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  const stored: StoredTensor['data'][] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (data.length !== sizeOf(shape)) throw new Error(`safetensors: '${name}' has shape ${formatShape(shape)} and ${data.length} numbers`);
    const [dtype] = [...TYPES].find(([, type]) => data instanceof type)!;
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    stored.push(data);
    offset += data.byteLength;
  }
  const header = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;
  const text = new TextEncoder().encode(header);
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(PREFIX_BYTES + headerBytes + offset).fill(0x20, PREFIX_BYTES, PREFIX_BYTES + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, PREFIX_BYTES);
  let at = PREFIX_BYTES + headerBytes;
  for (const { buffer, byteOffset, byteLength } of stored) {
    file.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file; throws where it breaks a rule of the format. `name` is for error messages, and `wanted`: what it is not, where it is something
 * else. Tensors are views of `file` where they begin at a multiple of their element's size, else copies.
 */
export function readSafetensors(name: string, file: Uint8Array, wanted = 'a safetensors file'): SafetensorsFile {
  const { header, data } = split(name, file, wanted);
  let metadata: Metadata = {};
  const entries: Entry[] = [];
  for (const [key, value] of Object.entries(header)) {
    if (key === METADATA) metadata = metadataOf(name, value);
    else entries.push(entryOf(name, key, value));
  }
  // An empty tensor lies where the next one begins.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiles(name, entries, data.length);
  const tensors = new Map<string, StoredTensor>();
  for (const { name: tensor, type, shape, begin, end } of entries) {
    const bytes = data.subarray(begin, end);
    const { buffer, byteOffset } = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
    tensors.set(tensor, { shape, data: new type(buffer as ArrayBuffer, byteOffset, sizeOf(shape)) });
  }
  return { tensors, metadata };
}

/** The header's JSON object, and the bytes after it. */
function split(name: string, file: Uint8Array, wanted: string): { readonly header: object; readonly data: Uint8Array } {
  const wrong = (found: string): Error => new Error(`${name} is not ${wanted}: ${found}`);
  if (file.length === 0) throw wrong('it is empty');
  if (file.length < PREFIX_BYTES) throw wrong(`it has ${file.length} bytes, wanted at least ${PREFIX_BYTES}`);
  const length = new DataView(file.buffer, file.byteOffset, file.byteLength).getBigUint64(0, true);
  if (BigInt(PREFIX_BYTES) + length > file.length) throw wrong(notALength(file, BigInt(PREFIX_BYTES) + length));
  if (length > MOST_HEADER_BYTES) throw wrong(`its header has ${length} bytes, wanted at most ${MOST_HEADER_BYTES}`);
  const end = PREFIX_BYTES + Number(length);
  if (length === 0n || file[PREFIX_BYTES] !== 0x7b) throw wrong("its header does not begin with '{'");
  let header: unknown;
  try {
    header = parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.subarray(PREFIX_BYTES, end)), 'its header');
  } catch (error) {
    throw wrong(error instanceof TypeError ? 'its header is not UTF-8' : (error as Error).message);
  }
  return { header: header as object, data: file.subarray(end) };
}

/** Whether a file begins as ONNX' protocol buffer does: its version of the format, then a text or the graph. */
const isOnnx = (file: Uint8Array): boolean => file[0] === 0x08 && file[1]! < 0x20 && [0x12, 0x1a, 0x3a, 0x42].includes(file[2]!);

/** What the file is in place of one that begins with the length of a header, which would end at `end`. */
function notALength(file: Uint8Array, end: bigint): string {
  const kind = kindOf(file);
  if (kind) return `it is ${kind}`;
  if (isOnnx(file)) return 'it is an ONNX file, which is written and not read';
  const begin = String.fromCharCode(...file.subarray(0, PREFIX_BYTES));
  return /^[\t\n\r -~]+$/.test(begin)
    ? `it begins as a text, with ${shown(begin)}`
    : `its header would end at byte ${end} of ${file.length}`;
}

function metadataOf(name: string, value: unknown): Metadata {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) throw new Error(`${name}: ${METADATA} is ${shown(value)}, wanted texts by name`);
  const [field, found] = Object.entries(value).find(([, each]) => typeof each !== 'string') ?? [];
  if (field !== undefined) throw new Error(`${name}: ${METADATA} has ${shown(field)}: ${shown(found)}, wanted a text`);
  return value as Metadata;
}

/** An entry of the header, by the format's rules for one alone. */
function entryOf(file: string, name: string, value: unknown): Entry {
  const wrong = (field: string, is: string, wanted: string): Error =>
    new Error(`${file}: the ${field} of ${shown(name)} ${field.endsWith('s') ? 'are' : 'is'} ${is}, wanted ${wanted}`);
  if (typeof value !== 'object' || value === null) throw wrong('entry', shown(value), 'an object');
  const { dtype, shape, data_offsets: offsets } = value as Readonly<Record<string, unknown>>;
  const type = TYPES.get(dtype);
  if (!type) throw wrong('dtype', listed(dtype), `one of ${[...TYPES.keys()].join(', ')}`);
  if (!isLengths(shape)) throw wrong('shape', listed(shape), 'whole numbers from 0 on');
  if (!isLengths(offsets) || offsets.length !== 2) throw wrong('data_offsets', listed(offsets), 'two whole numbers from 0 on');
  const bytes = bytesOf(shape, type.BYTES_PER_ELEMENT);
  if (bytes === undefined) throw wrong('shape', listed(shape), 'no more than a file holds');
  const [begin, end] = offsets as [number, number];
  if (end - begin !== bytes) throw wrong('data_offsets', listed(offsets), `${bytes} bytes, which ${dtype} of shape ${listed(shape)} takes`);
  return { name, type, shape, begin, end };
}

const isLengths = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(each => Number.isSafeInteger(each) && each >= 0);

function listed(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(shown).join(', ')}]`;
  return value === undefined ? 'missing' : shown(value);
}

/** Bytes of a tensor; nothing where they are more than a number counts exactly. */
function bytesOf(shape: Shape, elementBytes: number): number | undefined {
  if (shape.includes(0)) return 0;
  let bytes = elementBytes;
  for (const length of shape) bytes *= length;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The tensors must lie one after the other in all of the data. */
function checkTiles(file: string, entries: readonly Entry[], bytes: number): void {
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) {
      throw new Error(
        `${file}: ${shown(name)} begins at byte ${begin} of the data, wanted ${at}, where the one before it ends: tensors may neither overlap nor leave gaps`,
      );
    }
    at = end;
  }
  if (at > bytes) throw new Error(`${file}: its tensors take ${at} bytes, the file has ${bytes} for them: it may be cut short`);
  if (at < bytes) throw new Error(`${file}: its tensors take ${at} bytes, the file has ${bytes} for them: wanted nothing after them`);
}
