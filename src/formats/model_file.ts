import type { CompileConfig, ModelConfig } from '../nn/config.js';
import type { FitState } from '../nn/fit_state.js';
import type { LayerStack } from '../nn/layer_stack.js';
import type { Sequential } from '../nn/model.js';

/** What a program keeps with a model besides its numbers: class names, how images were scaled, callbacks' states. JSON. */
export type Extra = Readonly<Record<string, unknown>>;

/** Kinds of files and folders that hold a model. 'h5-weights' is what Keras 2's save_weights() writes, 'weights.h5' what Keras 3's does. */
export type ModelKind = 'safetensors' | 'h5' | 'h5-weights' | 'keras' | 'weights.h5' | 'savedmodel' | 'tfjs' | 'onnx';

/** Where a model is read from: a file, or a folder of files. */
export interface ModelSource {
  /** For messages: its path. */
  readonly name: string;
  readonly isFolder: boolean;
  /** Names of what is in a folder; none of a file. */
  names(): Promise<readonly string[]>;
  /** The file, or the one at a path in the folder. Throws, naming it, where it can't be read or would lie outside. */
  read(path?: string): Promise<Uint8Array>;
}

/** What every reader gives, and every writer takes. */
export interface ModelFile {
  readonly kind: ModelKind;
  /** Layers, names and shapes. */
  readonly model: LayerStack;
  /** All weights by name, in the order of the model: 'conv2d.kernel'. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** How it is trained; none where the file does not say, or where its loss is not supported. */
  readonly compile: CompileConfig | undefined;
  /** Steps that the optimizer has made. */
  readonly step: number;
  /** The optimizer's variables by name, 'conv2d.kernel.moment', as slotsOf() names them; none in a file of weights only. */
  readonly moments: ReadonlyMap<string, Float32Array>;
  /** Rows of the batches that it made them with, and where an unfinished fit() stands: in checkpoints of this program alone. */
  readonly rowsTrained?: number | undefined;
  readonly training?: FitState | undefined;
  readonly extra: Extra;
  /** What a user should be told once: sentences without the file's name. */
  readonly notes: readonly string[];
  /** Why training can't go on with this file, where it can't: its weights are good all the same. */
  readonly untrainable?: string | undefined;
}

/** What a reader gives: a model that is not compiled, and what it is to be given. */
export interface ReadModel extends ModelFile {
  readonly model: Sequential;
}

export interface OpenOptions {
  /** The model that a file of weights alone is for. */
  readonly into?: ModelConfig | undefined;
  /** How that model is trained, where the file's optimizer is to go on. */
  readonly compile?: CompileConfig | undefined;
}

/** What a reader of a kind of files is. */
export type ReadModelFile = (source: ModelSource, options: OpenOptions) => Promise<ReadModel>;

/** A written model: a file's bytes, or a folder's files by their names. */
export type ModelBytes = Uint8Array<ArrayBuffer> | ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

export interface WriteOptions {
  /** What files say of when they were written. Default 1980-01-01, in UTC: the same model is the same bytes, whenever it is written. */
  readonly date?: Date | undefined;
  /** This program's version, which files say that they are written by. */
  readonly version?: string | undefined;
  /** How an ONNX file takes its pictures. */
  readonly onnx?: OnnxInput | undefined;
  /** Told what the file can't hold: sentences without its name. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** What an ONNX file takes. */
export interface OnnxInput {
  /** Default 'image'. */
  readonly name?: string | undefined;
  /** Whether it is [batch, channels, height, width]. Default false: [batch, height, width, channels]. */
  readonly channelsFirst?: boolean | undefined;
  /** What the file itself multiplies its input with, which then is bytes from 0 to 255. Default: nothing. */
  readonly rescale?: number | undefined;
  /** 'uint8' needs rescale. Default 'float32'. */
  readonly type?: 'float32' | 'uint8' | undefined;
}

/** What a writer of a kind of files is. */
export type WriteModelFile = (file: ModelFile, options: WriteOptions) => Promise<ModelBytes>;
