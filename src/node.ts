/** The package for Node: everything of index.ts, and what needs files, folders, worker threads and Dawn. */

import { ModelCheckpoint, type ModelCheckpointOptions } from './nn/callbacks/model_checkpoint.js';
import { setDefaultExecutor } from './nn/device.js';
import { defaultGpu } from './node/gpu.js';
import { checkpointTarget, saveModel } from './node/model_files.js';

export type { ImageArray } from './data/arrays.js';
export { type DataframeOptions, DirectoryImageDataGenerator, type DirectoryOptions, imageDataGenerator } from './data/directory.js';
export type { ArrayFlowOptions, FlowOptions, ImageDataGeneratorOptions } from './data/generator.js';
export type { ImageBatch, ImageIterator, ImageSet } from './data/iterator.js';
export { type NearDuplicate, nearDuplicates, withoutImages } from './data/near_duplicates.js';
export { OtherPicturesError } from './data/picture_list.js';
export { MemoryPixels, type Pixels, readPixels } from './data/pixels.js';
export type { Row } from './data/table.js';
export { type Checkpoint, compileCheckpoint } from './formats/checkpoint.js';
export * from './index.js';
export { classCurvesSvg } from './inspect/class_curves.js';
export { loadCheckpoint, saveCheckpoint } from './node/files.js';
export { type OpenGpu, type OpenGpuOptions, openGpu } from './node/gpu.js';
export { loadModel, type SaveOptions, saveModel } from './node/model_files.js';

setDefaultExecutor(defaultGpu);

/** Saves the model at the end of epochs: see ModelCheckpoint. The path's ending says as which kind of file, as for saveModel(); safetensors where it says nothing. */
export function modelCheckpoint(options: Omit<ModelCheckpointOptions, 'save'>): ModelCheckpoint {
  return new ModelCheckpoint({
    ...options,
    save: (filepath, { model }) => saveModel(filepath, model, { kind: checkpointTarget(filepath).kind }),
  });
}
