/** The package for Node: everything of index.ts, and what needs files, folders, worker threads and Dawn. */

import { ModelCheckpoint, type ModelCheckpointOptions } from './nn/callbacks/model_checkpoint.js';
import { setDefaultExecutor } from './nn/device.js';
import { saveCheckpoint } from './node/files.js';
import { defaultGpu } from './node/gpu.js';

export { DirectoryImageDataGenerator, type DirectoryOptions, imageDataGenerator } from './data/directory.js';
export type { FlowOptions, ImageDataGeneratorOptions } from './data/generator.js';
export type { ImageBatch, ImageIterator, ImageSet } from './data/iterator.js';
export { OtherPicturesError } from './data/picture_list.js';
export { type Checkpoint, compileCheckpoint } from './formats/checkpoint.js';
export * from './index.js';
export { loadCheckpoint, saveCheckpoint } from './node/files.js';
export { type OpenGpu, type OpenGpuOptions, openGpu } from './node/gpu.js';

setDefaultExecutor(defaultGpu);

/** Saves the model at the end of epochs: see ModelCheckpoint. Files are safetensors. */
export function modelCheckpoint(options: Omit<ModelCheckpointOptions, 'save'>): ModelCheckpoint {
  return new ModelCheckpoint({ ...options, save: (filepath, { model }) => saveCheckpoint(filepath, model) });
}
