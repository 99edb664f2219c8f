import type { DecodedImage } from '../../data/decode/image.js';
import type { Extra } from '../../formats/model_file.js';
import type { ShaderSource } from '../../gpu/shader.js';
import type { Sequential } from '../../nn/model.js';
import type { OpenedExecutor } from '../../run/opened.js';
import type { LiveRun } from './live.js';
import type { PictureSets } from './summary.js';

/** What computes, as sessions need it, and what reads files of pictures and of shaders. */
export interface Computing extends Pick<OpenedExecutor, 'executor' | 'findings' | 'untuned'> {
  /** An image's file as it is. Throws what is wrong with it. */
  decode(file: Uint8Array): Promise<DecodedImage>;
  readonly shaders: ShaderSource;
}

/** What a session has: a compiled model, its pictures, and what computes. */
export interface SessionParts extends Computing {
  readonly model: Sequential;
  readonly classes: readonly string[];
  readonly rescale: number;
  /** Where the model comes from: a checkpoint, or a run's folder. */
  readonly from: string;
  readonly sets: PictureSets;
  /** What checkpoints of the model keep besides it. */
  readonly extra: Extra;
  /** Of the run that trains the model; a model that was only opened has none. */
  readonly live?: LiveRun | undefined;
}

/** A picture as the model takes it, and its class where that is known. */
export interface ModelPicture {
  /** [height, width, channels]. */
  readonly pixels: Float32Array;
  readonly label: number | undefined;
}
