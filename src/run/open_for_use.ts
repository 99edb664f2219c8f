import { loadInto } from '../node/files.js';
import { type UsedModel, type UseOptions, useCheckpoint } from './use.js';

/** Opens a model's file, and says what had to be assumed: see useCheckpoint(). */
export async function openForUse(file: string, options: UseOptions): Promise<UsedModel> {
  return useCheckpoint(file, await loadInto(file, options.network), options);
}
