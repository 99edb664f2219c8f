import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group } from './calls.js';

/** The library stores no longer attribute. */
const MOST_ATTRIBUTE_BYTES = 64_512;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** A list of texts as attributes: in several with numbers, as h5py and Keras do it, where it is too long for one. */
export function listAttribute(name: string, texts: readonly string[]): Readonly<Record<string, Hdf5Attribute>> {
  const most = Math.floor(MOST_ATTRIBUTE_BYTES / Math.max(...texts.map(bytesOf), 1));
  if (texts.length <= most) return { [name]: texts };
  const parts = Array.from({ length: Math.ceil(texts.length / most) }, (_, i) => texts.slice(i * most, (i + 1) * most));
  return Object.fromEntries(parts.map((part, i) => [`${name}${i}`, part]));
}

/** A group that is filled by paths: names with '/' between them, of which those before the last are groups. */
export class Hdf5Tree implements Hdf5Group {
  readonly members = new Map<string, Hdf5Tree | Hdf5Dataset>();
  attributes: Readonly<Record<string, Hdf5Attribute>> = {};

  /** The group at a path below this one, which is made where it isn't there. */
  group(path: string): Hdf5Tree {
    const [name, ...rest] = path.split('/');
    if (name === undefined || name === '' || name === '.')
      throw new Error(`'${path}' can't be a path in HDF5: wanted names between its '/'`);
    const found = this.members.get(name) ?? new Hdf5Tree();
    if (!(found instanceof Hdf5Tree)) throw new Error(`'${path}' can't be a group in HDF5: '${name}' is a dataset`);
    this.members.set(name, found);
    return rest.length === 0 ? found : found.group(rest.join('/'));
  }

  put(path: string, dataset: Hdf5Dataset): void {
    const end = path.lastIndexOf('/');
    const group = end < 0 ? this : this.group(path.slice(0, end));
    const name = path.slice(end + 1);
    if (group.members.has(name)) throw new Error(`two datasets are '${path}' in HDF5`);
    group.members.set(name, dataset);
  }
}
