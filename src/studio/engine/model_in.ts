import type { Extra, ModelKind } from '../../formats/model_file.js';
import { fileOfModel, modelBytes } from '../../formats/save.js';
import { writeZip } from '../../formats/zip.js';
import type { Sequential } from '../../nn/model.js';
import { HttpError } from './http_error.js';

/** A model as a file of a kind; of kinds that are folders, a zip of their files. Throws a HttpError where the kind can't hold it. */
export async function modelIn(kind: ModelKind, model: Sequential, extra: Extra): Promise<Uint8Array> {
  const written = await modelBytes(await fileOfModel(model, extra), kind).catch((error: Error) => {
    throw new HttpError(409, `the model can't be written as ${kind}: ${error.message}`);
  });
  return written instanceof Uint8Array ? written : writeZip([...written]);
}
