import { stat } from 'node:fs/promises';
import { endingsOf, kindOfEnding, WRITTEN_KINDS } from '../formats/endings.js';
import { compileLoaded, type LoadOptions } from '../formats/in_memory.js';
import type { Extra, ModelBytes, ModelFile, ModelKind, WriteOptions } from '../formats/model_file.js';
import { fileOfModel, modelBytes } from '../formats/save.js';
import type { Model } from '../nn/base_model.js';
import { NotFiniteError } from '../nn/finite.js';
import type { Sequential } from '../nn/model.js';
import { loadCheckpoint, writeAtomically } from './files.js';
import { writeFolder } from './folder_files.js';
import { version } from './paths.js';

/** Where a model is written to. */
export interface ModelTarget {
  /** Of a file, or of a folder of files. */
  readonly path: string;
  readonly kind: ModelKind;
}

export interface SaveOptions extends Omit<WriteOptions, 'version'> {
  /** Default: what the path's ending says. */
  readonly kind?: ModelKind | undefined;
  /** What is kept with the model, where the kind has a place for it: `classes`, `rescale`. */
  readonly extra?: Extra | undefined;
}

/** Kinds that are folders of files. */
const isFolderKind = (kind: ModelKind): boolean => kind === 'tfjs';

/** Files of such a folder, by names that this program or the kind's own may have given them. */
const isModelName = (name: string): boolean => /^(model\.json|[\w.-]+\.bin)$/.test(name);

/** Where a model at a path goes, as the kind or else the path's ending says. Throws where neither does. */
export function targetOf(path: string, given?: ModelKind): ModelTarget {
  const kind = given ?? kindOfEnding(path);
  if (kind === undefined) {
    throw new Error(
      `${path}: its ending does not say which kind of file it is to be; wanted one of ${endingsOf()}, or a kind beside it: ${WRITTEN_KINDS.join(', ')}`,
    );
  }
  const name = path.replace(/[/\\]+$/, '');
  if (!isFolderKind(kind) && name !== path)
    throw new Error(`${path} is named as a folder, wanted the name of a file: models of kind ${kind} are such`);
  return { kind, path: isFolderKind(kind) ? name.replace(/[/\\]model\.json$/i, '') : path };
}

/** Throws where something is in a target's place that may not be written over: anything, without `overwrite`. */
export async function checkTarget({ path, kind }: ModelTarget, overwrite: boolean): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return;
  const isFolder = found.isDirectory();
  if (isFolder !== isFolderKind(kind)) {
    throw new Error(
      `${path} is a ${isFolder ? 'folder' : 'file'}, wanted the name of a ${isFolder ? 'file' : 'folder'}: models of kind ${kind} are such`,
    );
  }
  if (!overwrite) throw new Error(`${path} exists: give another name, or write over it by --overwrite`);
}

/** Writes a model's file or folder: the old one stays, or the new one is there whole. */
export async function writeModelBytes(path: string, content: ModelBytes | string): Promise<void> {
  if (typeof content === 'string' || content instanceof Uint8Array) await writeAtomically(path, content);
  else await writeFolder(path, content, isModelName);
}

/** The date that files say, from the environment where builds are to be repeated: https://reproducible-builds.org/specs/source-date-epoch */
function sourceDate(): Date | undefined {
  const seconds = process.env.SOURCE_DATE_EPOCH;
  return seconds !== undefined && /^\d{1,11}$/.test(seconds) ? new Date(1000 * Number(seconds)) : undefined;
}

/** A model as it is to be written at a target. A number that is not finite is told with the path. */
export async function bytesFor(
  { path, kind }: ModelTarget,
  file: ModelFile,
  options: Omit<WriteOptions, 'version'> = {},
): Promise<ModelBytes> {
  return modelBytes(file, kind, { ...options, version, date: options.date ?? sourceDate() }).catch((error: Error) => {
    const message = `${path} is not written: ${error.message}`;
    throw error instanceof NotFiniteError ? new NotFiniteError(message, { cause: error }) : new Error(message, { cause: error });
  });
}

/** Where a callback or a run saves its model: what its ending says, and safetensors where it says nothing. */
export const checkpointTarget = (path: string): ModelTarget => targetOf(path, kindOfEnding(path) ?? 'safetensors');

/**
 * Saves a compiled model as a file of any kind, or a folder, by the path's ending or `kind`; what is there is written over. The same model is the same
 * bytes.
 */
export async function saveModel(path: string, model: Model, { kind, extra, ...options }: SaveOptions = {}): Promise<void> {
  const target = targetOf(path, kind);
  await writeModelBytes(target.path, await bytesFor(target, await fileOfModel(model, extra), options));
}

/** Loads a model of any kind, compiled as its file says, with the optimizer where it stood. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<Sequential> {
  return compileLoaded(await loadCheckpoint(path, options), options);
}
