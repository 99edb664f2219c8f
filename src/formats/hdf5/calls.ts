import type { Shape } from '../../engine/shape.js';

/** Types of numbers that are read and written. */
export type Hdf5Type = 'float32' | 'int32' | 'int64';

export type Hdf5Numbers = Float32Array | Int32Array | BigInt64Array;

/** An attribute to write: a text, a list of texts, or a list of none. */
export type Hdf5Attribute = string | readonly string[];

/** A group to write, with what is in it by name. */
export interface Hdf5Group {
  readonly attributes?: Readonly<Record<string, Hdf5Attribute>>;
  readonly members?: ReadonlyMap<string, Hdf5Group | Hdf5Dataset>;
}

export interface Hdf5Dataset {
  readonly shape: Shape;
  readonly data: Hdf5Numbers;
}

/** Numbers that are asked for: they must be of one of the types, and of the shape. */
export interface Hdf5Wanted {
  readonly types: readonly Hdf5Type[];
  readonly shape: Shape;
}

/** What a worker is asked: a file is opened once, and then read. Paths begin with '/'. */
export type Hdf5Call =
  | { readonly op: 'open'; readonly bytes: Uint8Array }
  /** An attribute's texts. */
  | { readonly op: 'texts'; readonly path: string; readonly attribute: string }
  /** The names in a group. */
  | { readonly op: 'names'; readonly path: string }
  | { readonly op: 'numbers'; readonly path: string; readonly wanted: Hdf5Wanted }
  | { readonly op: 'write'; readonly root: Hdf5Group };

/** What a worker answers; no value where the file has nothing of that name. */
export type Hdf5Reply = { readonly value: readonly string[] | Hdf5Numbers | Uint8Array | undefined } | { readonly error: string };
