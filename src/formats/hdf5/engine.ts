import h5wasm, { type Attribute, type Dataset, type File, type Group } from 'h5wasm';
import { formatShape, sameShape, sizeOf } from '../../engine/shape.js';
import type { Hdf5Attribute, Hdf5Call, Hdf5Group, Hdf5Numbers, Hdf5Reply, Hdf5Type, Hdf5Wanted } from './calls.js';

type Library = Awaited<typeof h5wasm.ready> & { activate_throwing_error_handler(): void };

/** No attribute of a model is larger: texts of JSON, and lists of names. */
const MOST_ATTRIBUTE_BYTES = 16 * 2 ** 20;

/**
 * Numbers of all datasets together: those of a model hardly compress, and its optimizer's may all be zero. A dataset of any size takes next to no bytes where
 * nothing was written to it.
 */
const MOST_TIMES = 16;
const MOST_OTHER_BYTES = 16 * 2 ** 20;

/** The library's classes of numbers and texts. */
const CLASS = { integer: 0, float: 1, text: 3 } as const;

const DTYPES: Readonly<Record<Hdf5Type, { readonly class: number; readonly size: number; readonly code: string }>> = {
  float32: { class: CLASS.float, size: 4, code: '<f' },
  int32: { class: CLASS.integer, size: 4, code: '<i' },
  int64: { class: CLASS.integer, size: 8, code: '<q' },
};

/** Reads and writes HDF5 in memory. It may throw, run for ever or break on a damaged file, and is then of no use: it belongs into a worker. */
export class Hdf5Engine {
  #file: File | undefined;
  /** Bytes of numbers that may still be read. */
  #left = 0;

  async answer(call: Hdf5Call): Promise<Hdf5Reply> {
    try {
      const library = await ready();
      switch (call.op) {
        case 'open':
          return { value: this.#open(library, call.bytes) };
        case 'texts':
          return { value: this.#texts(library, call.path, call.attribute) };
        case 'names':
          return { value: this.#group(library, call.path)?.keys() };
        case 'numbers':
          return { value: this.#numbers(library, call.path, call.wanted) };
        case 'write':
          return { value: written(library, call.root) };
      }
    } catch (error) {
      const reason = reasonOf(error);
      return { error: 'path' in call && !reason.includes(call.path) ? `${call.path}: ${reason}` : reason };
    }
  }

  #open(library: Library, bytes: Uint8Array): undefined {
    files(library).writeFile(PATH, bytes);
    this.#left = MOST_TIMES * bytes.length + MOST_OTHER_BYTES;
    this.#file = new h5wasm.File(PATH, 'r');
  }

  /** What is at a path, without following links: they might lead out of the file. */
  #at(library: Library, path: string): ReturnType<Group['get']> {
    const file = this.#file!;
    const names = path.split('/').filter(name => name !== '');
    for (const end of names.keys()) {
      const part = `/${names.slice(0, end + 1).join('/')}`;
      const type = library.get_type(file.file_id, part);
      if (type < 0) return null;
      if (type === library.H5G_UDLINK) throw new Error(`${part} is a link to another file, which is not followed`);
      if (type === library.H5G_LINK || library.get_symbolic_link(file.file_id, part) !== null)
        throw new Error(`${part} is a link, which is not followed`);
    }
    return file.get(path);
  }

  #group(library: Library, path: string): Group | undefined {
    const found = path === '/' ? this.#file! : this.#at(library, path);
    if (found === null) return undefined;
    if (!(found instanceof h5wasm.Group)) throw new Error(`${path} is not a group`);
    return found;
  }

  #texts(library: Library, path: string, name: string): string[] | undefined {
    const group = this.#group(library, path);
    if (!group || !library.get_attribute_names(group.file_id, group.path).includes(name)) return undefined;
    const { [name]: attribute } = group.attrs as Readonly<Record<string, Attribute>>;
    const { metadata, shape } = attribute!;
    // A list of no names has the type of numbers.
    if (shape?.length === 1 && shape[0] === 0) return [];
    const bytes = sizeOf(shape ?? []) * metadata.size;
    if (metadata.type !== CLASS.text || shape === null || shape.length > 1) throw new Error(`its attribute ${name} of ${path} is not text`);
    if (bytes > MOST_ATTRIBUTE_BYTES)
      throw new Error(`its attribute ${name} of ${path} has ${bytes} bytes, wanted at most ${MOST_ATTRIBUTE_BYTES}`);
    const value = attribute!.value as string | string[];
    const texts = typeof value === 'string' ? [value] : value;
    return metadata.cset === 1 ? texts : texts.map(asUtf8);
  }

  #numbers(library: Library, path: string, { types, shape }: Hdf5Wanted): Hdf5Numbers | undefined {
    const found = this.#at(library, path);
    if (found === null) return undefined;
    if (!(found instanceof h5wasm.Dataset)) throw new Error(`${path} is not a dataset`);
    const { metadata } = found;
    if (metadata.virtual_sources) throw new Error(`${path} lies in other files, which are not read`);
    const isType = (type: Hdf5Type): boolean => DTYPES[type].class === metadata.type && DTYPES[type].size === metadata.size;
    const isNumber = metadata.littleEndian && (metadata.type === CLASS.float || metadata.signed) && types.some(isType);
    if (!isNumber) throw new Error(`${path} has numbers of another type, wanted ${types.join(' or ')}`);
    if (!sameShape(metadata.shape ?? [], shape) || metadata.shape === null) {
      throw new Error(`${path} has shape ${formatShape(metadata.shape ?? [])}, wanted ${formatShape(shape)}`);
    }
    this.#left -= sizeOf(shape) * metadata.size;
    if (this.#left < 0) throw new Error(`${path} has shape ${formatShape(shape)}, for which its file is too small`);
    return valuesOf(found, shape);
  }
}

/** The file in the library's memory: an engine opens one. */
const PATH = '/model.h5';

let library: Promise<Library> | undefined;

function ready(): Promise<Library> {
  library ??= h5wasm.ready.then(loaded => {
    // Without it, reading that fails gives what lay in memory.
    (loaded as Library).activate_throwing_error_handler();
    return loaded as Library;
  });
  return library;
}

/** The library's file system, in memory. */
const files = (loaded: Library): { writeFile(path: string, bytes: Uint8Array): void; readFile(path: string): Uint8Array } =>
  (loaded as unknown as { readonly FS: ReturnType<typeof files> }).FS;

function valuesOf(dataset: Dataset, shape: readonly number[]): Hdf5Numbers {
  const { value } = dataset;
  if (ArrayBuffer.isView(value)) return value as Hdf5Numbers;
  // A scalar.
  if (typeof value === 'bigint') return BigInt64Array.of(value);
  if (typeof value === 'number' && shape.length === 0)
    return dataset.metadata.type === CLASS.float ? Float32Array.of(value) : Int32Array.of(value);
  throw new Error(`${dataset.path} could not be read`);
}

/** What the library makes of each byte of an ASCII text. */
const ASCII = new TextDecoder('ascii').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));

/** A text whose bytes were read as ASCII, which its writer may have meant as UTF-8. */
function asUtf8(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  const bytes = Uint8Array.from(text, character => (character <= '\xff' ? character.charCodeAt(0) : ASCII.indexOf(character)));
  return new TextDecoder().decode(bytes);
}

function written(loaded: Library, root: Hdf5Group): Uint8Array {
  // The library stores when objects were made, and has no option against it: the same content is to be the same bytes. Its worker ends with the file.
  Date.now = () => 0;
  const file = new h5wasm.File(PATH, 'w');
  writeGroup(file, root);
  file.flush();
  file.close();
  return files(loaded).readFile(PATH);
}

function writeGroup(group: Group, { attributes = {}, members = new Map() }: Hdf5Group): void {
  for (const [name, value] of Object.entries(attributes)) writeAttribute(group, name, value);
  for (const [name, member] of members) {
    if (!('data' in member)) writeGroup(group.create_group(name), member);
    else group.create_dataset({ name, data: member.data, shape: [...member.shape], dtype: codeOf(member.data) });
  }
}

/** Texts are called ASCII, whatever they are: older releases of Keras take no others. */
function writeAttribute(group: Group, name: string, value: Hdf5Attribute): void {
  if (typeof value === 'string') group.create_attribute(name, value, [], 'A');
  else if (value.length === 0) group.create_attribute(name, new Float64Array(0), [0], '<d');
  else {
    const longest = Math.max(...value.map(text => new TextEncoder().encode(text).length), 1);
    group.create_attribute(name, [...value], [value.length], `A${longest}`);
  }
}

const codeOf = (data: Hdf5Numbers): string =>
  DTYPES[data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64'].code;

/** The library's account of an error begins with its version and where in its source it was. */
function reasonOf(error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const [, said] = /#000: .*?\(\): (.*)/.exec(message) ?? [];
  return said ?? message.split('\n')[0]!;
}
