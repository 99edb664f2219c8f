import type { ModelSource } from './model_file.js';

/** What a file can be told to be by its first bytes. An HDF5 file may hold a model, or weights of either kind. */
export type FileKind = 'hdf5' | 'zip' | 'json' | 'safetensors';

const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const ZIP = [0x50, 0x4b, 0x03, 0x04] as const;

const holdsAt = (bytes: Uint8Array, at: number, wanted: readonly number[]): boolean => wanted.every((byte, i) => bytes[at + i] === byte);

/** What a file is by its first bytes; a safetensors file, whose reader says best what else it is, where no others are known. */
export function kindOfFile(name: string, bytes: Uint8Array): FileKind {
  if (holdsAt(bytes, 0, HDF5)) return 'hdf5';
  if (holdsAt(bytes, 0, ZIP)) return 'zip';
  // The first 8 bytes of a safetensors file are a length: one of '{' alone in them is JSON's.
  if (bytes[0] === 0x7b && bytes[8] !== 0x7b) return 'json';
  for (let at = 512; at < bytes.length; at *= 2) {
    if (holdsAt(bytes, at, HDF5)) throw new Error(`${name} is an HDF5 file behind ${at} other bytes, wanted one that begins with HDF5`);
  }
  return 'safetensors';
}

/** What a folder is by the names in it. */
export async function kindOfFolder(source: ModelSource): Promise<'savedmodel' | 'tfjs'> {
  const names = await source.names();
  if (names.includes('saved_model.pb')) return 'savedmodel';
  if (names.includes('model.json')) return 'tfjs';
  throw new Error(
    `cannot read ${source.name}: it is a folder without a model; wanted saved_model.pb (TensorFlow's SavedModel) or model.json (TensorFlow.js) in it`,
  );
}
