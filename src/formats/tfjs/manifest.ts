import { formatShape, type Shape, sizeOf } from '../../engine/shape.js';
import { choice, list, number, optional, part, type Read, shown, text, whole } from '../../nn/json.js';
import { floatOfHalf } from './half.js';
import { checkPath } from './paths.js';

/** What a weights manifest says of a tensor. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: 'float32' | 'int32';
  readonly quantization?: Quantization | undefined;
  /** 'optimizer' for what is no weight. */
  readonly group?: string | undefined;
}

/** How numbers were made smaller: value = q · scale + min, or half precision. */
interface Quantization {
  readonly dtype: keyof typeof BYTES;
  readonly scale?: number | undefined;
  readonly min?: number | undefined;
}

/** Files that are joined, then cut into tensors, one after another: a tensor may begin in one file and end in the next, at any byte. */
export interface TensorGroup {
  readonly paths: readonly string[];
  readonly weights: readonly TensorSpec[];
}

/** The files of all groups together are many where a network is large; more are no model. */
const MOST_FILES = 10_000;

/** Bytes of a number as it is stored. */
const BYTES = { float32: 4, int32: 4, uint8: 1, uint16: 2, float16: 2 } as const;

const readQuantization: Read<Quantization> = (value, at) => {
  const { original_dtype: original, ...read } = part<Quantization & { readonly original_dtype?: string | undefined }>({
    dtype: choice('uint8', 'uint16', 'float16'),
    scale: optional(number()),
    min: optional(number()),
    original_dtype: optional(text),
  })(value, at);
  if (original !== undefined && original !== 'float32') {
    throw new Error(`${at}.original_dtype is ${shown(original)}, wanted 'float32'`);
  }
  const missing = read.dtype !== 'float16' && (['scale', 'min'] as const).find(name => read[name] === undefined);
  if (missing) throw new Error(`${at}.${missing} is missing, wanted a number`);
  return read;
};

const readSpec: Read<TensorSpec> = (value, at) => {
  const { name } = part<Pick<TensorSpec, 'name'>>({ name: text })(value, at);
  const of = `${at} (${shown(name)})`;
  const spec = part<TensorSpec>({
    name: text,
    shape: list(whole(0, 2 ** 31 - 1)),
    dtype: choice('float32', 'int32'),
    quantization: optional(readQuantization),
    group: optional(text),
  })(value, of);
  if (!Number.isSafeInteger(sizeOf(spec.shape) * BYTES[storedAs(spec)])) {
    throw new Error(`${of}.shape is ${formatShape(spec.shape)}, wanted no more than a file holds`);
  }
  if (spec.quantization && spec.dtype !== 'float32') throw new Error(`${of} is quantized and of dtype ${spec.dtype}, wanted float32`);
  return spec;
};

const readGroup: Read<TensorGroup> = part<TensorGroup>({ paths: list(checkPath), weights: list(readSpec) });

/** Reads the weightsManifest of a model.json. Throws at a path that leads out of the folder, before any is opened, and at a name that stands twice. */
export const readManifest: Read<readonly TensorGroup[]> = (value, at) => {
  const groups = list(readGroup)(value, at);
  const files = groups.flatMap(({ paths }) => paths).length;
  if (files > MOST_FILES) throw new Error(`${at} has ${files} files, wanted at most ${MOST_FILES}`);
  const names = new Set<string>();
  for (const { name } of groups.flatMap(({ weights }) => weights)) {
    if (names.has(name)) throw new Error(`${at} names the tensor ${shown(name)} twice`);
    names.add(name);
  }
  return groups;
};

const storedAs = ({ dtype, quantization }: TensorSpec): keyof typeof BYTES => quantization?.dtype ?? dtype;

const bytesOf = (spec: TensorSpec): number => sizeOf(spec.shape) * BYTES[storedAs(spec)];

/**
 * The numbers of a group's tensors, by name. `files`: the bytes of its paths, in order. Throws, beginning with `name`, where they are more or fewer than
 * the tensors take.
 */
export function tensorsOf(name: string, group: TensorGroup, files: readonly Uint8Array[]): Map<string, Float32Array | Int32Array> {
  const wanted = group.weights.reduce((sum, spec) => sum + bytesOf(spec), 0);
  const found = files.reduce((sum, file) => sum + file.length, 0);
  if (found !== wanted) {
    const listed = group.paths.length > 3 ? `${group.paths.length} files` : group.paths.map(shown).join(', ');
    const hint = found < wanted ? ': one may be cut short' : '';
    throw new Error(`${name}: its weights take ${wanted} bytes, ${listed} ${group.paths.length === 1 ? 'has' : 'have'} ${found}${hint}`);
  }
  const joined = new Uint8Array(found);
  let at = 0;
  for (const file of files) {
    joined.set(file, at);
    at += file.length;
  }
  const tensors = new Map<string, Float32Array | Int32Array>();
  at = 0;
  for (const spec of group.weights) {
    const end = at + bytesOf(spec);
    // A copy: after a tensor of bytes, others begin where no array of theirs may.
    tensors.set(spec.name, decoded(spec, joined.slice(at, end)));
    at = end;
  }
  return tensors;
}

function decoded(spec: TensorSpec, { buffer }: Uint8Array<ArrayBuffer>): Float32Array | Int32Array {
  if (!spec.quantization) return spec.dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
  const { dtype, scale, min } = spec.quantization;
  if (dtype === 'float16') return Float32Array.from(new Uint16Array(buffer), floatOfHalf);
  const stored = dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  // Computed in float64 and rounded once, as TensorFlow.js does it.
  return Float32Array.from(stored, q => q * scale! + min!);
}
