import type { ModelKind } from './model_file.js';

/** Kinds that are written, by how the names of their files end. */
const ENDINGS: readonly (readonly [string, ModelKind])[] = [
  ['.safetensors', 'safetensors'],
  ['.weights.h5', 'weights.h5'],
  ['.h5', 'h5'],
  ['.hdf5', 'h5'],
  ['.keras', 'keras'],
  ['.onnx', 'onnx'],
  ['.tfjs', 'tfjs'],
  ['/model.json', 'tfjs'],
];

/** Kinds that can be written. */
export const WRITTEN_KINDS = [...new Set(ENDINGS.map(([, kind]) => kind))];

/** What a path's ending says that it is to hold: 'dir/model.json' is the folder. Nothing where the ending says nothing. */
export function kindOfEnding(path: string): ModelKind | undefined {
  const name = path.replaceAll('\\', '/').toLowerCase();
  return ENDINGS.find(([ending]) => name.endsWith(ending))?.[1];
}

/** Endings for a message. */
export const endingsOf = (): string => ENDINGS.map(([ending]) => ending).join(', ');
