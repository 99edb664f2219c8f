/**
 * What the studio's page and its server tell one another, safe in a browser. Live events and commands are JSON over one WebSocket (SOCKET_PATH);
 * everything that is asked for once goes over HTTP (ROUTES). Numbers in bulk come as one safetensors file, whose metadata has one entry, 'wgrad': JSON.
 * Steps and epochs count from 1, as people do. Times are milliseconds.
 */

import type { TensorSpec } from '../engine/op.js';
import type { KernelTime as ProfiledKernel } from '../gpu/profile.js';
import type { AdapterTraits } from '../kernels/variant.js';
import type { Computed, Uncomputed } from '../nn/computed.js';
import type { NetworkWords } from '../run/network_words.js';
import type { RunConfig } from '../run/options.js';

export type { RunConfig };

/** Raised when a page and a server of different versions could misunderstand one another. */
export const PROTOCOL = 1;

/** Of the WebSocket. */
export const SOCKET_PATH = '/live';

/** The largest body that the server takes: a photograph of any camera. Above it the answer is 413. */
export const UPLOAD_BYTES = 32 * 2 ** 20;

/**
 * 'loading': folders are read and kernels tuned. 'paused': the last step is done and the next waits. 'ended': all epochs are done.
 * 'stopped': ended early, saved to go on from. 'failed': see the state's message.
 */
export type RunState = 'loading' | 'running' | 'paused' | 'stopped' | 'ended' | 'failed';

export interface ParameterSummary {
  /** As in checkpoints: 'conv2d_1.kernel'. */
  readonly name: string;
  readonly shape: readonly number[];
}

export interface LayerSummary {
  readonly name: string;
  /** Of its record: 'conv2d'. */
  readonly kind: string;
  /** As Keras names it: 'Conv2D'. */
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Without the batch axis. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly parameters: readonly ParameterSummary[];
  /** Numbers in all parameters. */
  readonly count: number;
  /** Forward, for one picture, by the ops' definition (a multiply-add is 2). */
  readonly flops: number;
}

/** The model that the studio holds: of the run, or of the checkpoint that was opened. */
export interface ModelSummary {
  /** The checkpoint's path, or the run's folder. */
  readonly from: string;
  readonly seed: number;
  /** Steps of the optimizer so far, when this was sent. */
  readonly step: number;
  readonly inputShape: readonly number[];
  /** Names of the outputs. */
  readonly classes: readonly string[];
  /** What bytes are multiplied with before the first layer. */
  readonly rescale: number;
  readonly optimizer: { readonly name: string; readonly learningRate: number; readonly config: Readonly<Record<string, unknown>> };
  readonly loss: { readonly name: string; readonly from: string };
  readonly layers: readonly LayerSummary[];
  readonly count: number;
}

/** Which pictures can be asked for by number: training and validation data, each from 0. */
export type PictureSet = 'train' | 'validation';

export interface DataSummary {
  readonly classes: readonly string[];
  readonly sets: readonly {
    readonly name: PictureSet;
    readonly folder: string;
    readonly samples: number;
    /** Pictures of each class. */
    readonly counts: readonly number[];
  }[];
}

export interface Machine {
  /** Adapter and driver that compute, or the CPU reference. */
  readonly description: string;
  /** Whether a CPU does the adapter's work. */
  readonly software: boolean;
}

/** Steps by columns, all of one length. */
export interface StepColumns {
  /** The optimizer's step, from the model's first. */
  readonly step: readonly number[];
  readonly epoch: readonly number[];
  /** Means of the epoch so far, as Keras shows them. */
  readonly loss: readonly number[];
  readonly acc: readonly number[];
  /** Mean over the batch alone. */
  readonly batchLoss: readonly number[];
  /** From one result to the next, shared out among the steps of a message; pauses are left out. */
  readonly ms: readonly number[];
}

export interface EpochPoint {
  readonly epoch: number;
  /** The last step of the epoch. */
  readonly step: number;
  readonly loss: number;
  readonly acc: number;
  readonly val_loss?: number;
  readonly val_acc?: number;
  /** Whether its val_loss is the least so far: such epochs are saved. */
  readonly best: boolean;
  /** Of the epoch's steps, without validation and pauses. */
  readonly msPerStep: number;
}

export interface ParameterNorms {
  readonly name: string;
  /** L2 norms of the weights and of their gradient. */
  readonly weight: number;
  readonly gradient: number;
  /** How many of the weights lie in each of equal parts from the least to the largest. */
  readonly histogram?: { readonly low: number; readonly high: number; readonly counts: readonly number[] } | undefined;
}

/** State of the network for one batch, measured between two steps, without dropout. */
export interface NormsPoint {
  readonly step: number;
  readonly parameters: readonly ParameterNorms[];
  /** Share of the units of each relu layer that are 0 for every picture of the batch and at every place. */
  readonly dead: readonly { readonly layer: string; readonly share: number }[];
}

/** Of its parts, all but the share of a peak, which is not measured while a run goes on. */
export type KernelTime = Omit<ProfiledKernel, 'ofPeak'>;

/** Medians over the last steps, by the device's clock. */
export interface KernelTimes {
  readonly step: number;
  readonly busyMs: number;
  /** Share of the time in which no kernel ran. */
  readonly idle: number;
  readonly kernels: readonly KernelTime[];
}

/** Everything of the run under way, or of the last: what a page that is opened late draws at once. */
export interface RunHistory {
  /** Grows with each start. */
  readonly id: number;
  readonly config: RunConfig;
  readonly state: RunState;
  readonly message?: string | undefined;
  /** Batches an epoch; 0 while loading. */
  readonly stepsPerEpoch: number;
  /** Thinned out where there are very many: the columns' steps then lie further apart. */
  readonly steps: StepColumns;
  readonly epochs: readonly EpochPoint[];
  readonly norms: readonly NormsPoint[];
  readonly kernels?: KernelTimes | undefined;
}

/** A run read from its out folder's history.json. */
export interface PastRun {
  /** For links: the folder's place below the folder of runs. */
  readonly name: string;
  readonly seed?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly images?: number | undefined;
  /** What was done to the pictures at random: 'rotationRange 40, zoomRange 0.2', or 'none'. */
  readonly augmentation?: string | undefined;
  readonly adapter?: string | undefined;
  /** ISO 8601. */
  readonly date?: string | undefined;
  readonly network?: NetworkWords | undefined;
  /** By name: 'loss', 'acc', 'val_loss', 'val_acc', one number an epoch. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Checkpoints in the folder, which `open` takes, as paths. */
  readonly checkpoints: readonly string[];
}

/** From the server, over the socket. The first is always 'hello'. */
export type ServerEvent =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly version: string;
      /** Absent until something computes. */
      readonly machine?: Machine | undefined;
      readonly model?: ModelSummary | undefined;
      readonly data?: DataSummary | undefined;
      readonly run?: RunHistory | undefined;
      readonly runs: readonly PastRun[];
      /** What the form of a new run holds at first. */
      readonly defaults: RunConfig;
      /** The small network of the lessons and pictures for it, as `open` takes them. */
      readonly lesson?: { readonly model: string; readonly data: string } | undefined;
      /** The model that is being opened since the start. */
      readonly opens?: string | undefined;
      /** Whether the page may start runs; not where the server watches a `wgrad train` that has its own options. */
      readonly canStart: boolean;
    }
  | { readonly type: 'machine'; readonly machine: Machine }
  | { readonly type: 'model'; readonly model: ModelSummary }
  | { readonly type: 'data'; readonly data: DataSummary }
  | { readonly type: 'run'; readonly run: RunHistory }
  | { readonly type: 'progress'; readonly text: string; readonly done: number; readonly total: number }
  | { readonly type: 'steps'; readonly steps: StepColumns }
  | { readonly type: 'epoch'; readonly epoch: EpochPoint }
  | { readonly type: 'norms'; readonly norms: NormsPoint }
  | { readonly type: 'kernels'; readonly kernels: KernelTimes }
  | {
      readonly type: 'state';
      readonly state: RunState;
      readonly step: number;
      readonly epoch: number;
      readonly message?: string | undefined;
    }
  | {
      readonly type: 'runs';
      readonly runs: readonly PastRun[];
      /** A folder that no run has yet, for the next. */
      readonly out: string;
    }
  /** A command that could not be done, or trouble outside a run. */
  | { readonly type: 'error'; readonly message: string };

/** From the page, over the socket. What can't be done is answered with an 'error'. */
export type Command =
  | ({ readonly type: 'start' } & StartCommand)
  /** After the step under way. */
  | { readonly type: 'pause' }
  /** While paused: one step, then paused again. */
  | { readonly type: 'step' }
  | { readonly type: 'resume' }
  /** After the step under way; saved to go on from. */
  | { readonly type: 'stop' }
  /** Makes a file's model the studio's; not while a run is under way. */
  | ({ readonly type: 'open' } & OpenCommand);

/** In place of a run's two folders: the program draws faces with and without masks, the same ones each time. */
export const SAMPLE_FACES = 'sample:faces';

export interface StartCommand {
  /** Its `train` and `validation` may be SAMPLE_FACES. */
  readonly config: RunConfig;
  /** A network that was built on the page: the text of a file as `train --network` takes it, in place of `config.network`. */
  readonly network?: string | undefined;
}

export interface OpenCommand {
  /** The file or folder of a model. */
  readonly model: string;
  /** A folder of classes for its pictures. */
  readonly data?: string | undefined;
  /** Names of its classes, and what bytes are multiplied with, where its file does not say it. */
  readonly classes?: readonly string[] | undefined;
  readonly rescale?: number | undefined;
  /** The file of its network, for a file of weights alone. */
  readonly network?: string | undefined;
}

/**
 * A picture to compute with, in the query of a request: `set` and `index` for one of the data, `row` for a row of the batch of the last step (as
 * augmented), or none of them and the file itself (png, jpg or bmp) as the body of the request.
 */
export interface PictureQuery {
  readonly set?: PictureSet;
  readonly index?: number;
  readonly row?: number;
}

/**
 * HTTP. Every answer that is no success has a JSON body { error: string }: 400 for what can't be asked so, 404 for what isn't there, 409 for what
 * can't be done now (no model yet), 413 for too large a body, 500 for what failed.
 */
export const ROUTES = {
  /** GET: the 'hello' event as JSON. */
  state: '/api/state',
  /** GET: { runs: PastRun[] }, read anew. */
  runs: '/api/runs',
  /** GET: safetensors: pictures uint8 [rows, height, width, channels] as augmented, predictions [rows, classes], labels [rows, classes]; JSON: BatchInfo. */
  batch: '/api/batch',
  /** GET ?set&index: safetensors: picture uint8 [height, width, channels]; JSON: PictureInfo. */
  picture: '/api/picture',
  /**
   * POST PictureQuery & { label?: number; training?: 0 | 1; layers?, state?: '0,2' | 'none'; forward?: 0 | 1 }: an Inspection, as inspectionBytes() of
   * src/inspect writes it. Of a large model all of it is much. `layers`: indices of the layers that are in it, default all; where 0 is among them, or by
   * default, so is the picture's own gradient. `state`: those of them whose weights, gradients of weights and optimizer slots are in it, default all.
   * `forward`: what is computed forward alone, without weights.
   */
  inspect: '/api/inspect',
  /**
   * POST PictureQuery & { kind: ExplainKind; layer?: number; label?: number }: safetensors: map [height, width] (of 'grad-cam' the layer's size, of
   * 'occlusion' the picture's), probabilities [units]; JSON: ExplainInfo. Of 'neighbours' JSON alone: NeighboursInfo.
   */
  explain: '/api/explain',
  /** GET ?set&count: { confusion, mistakes }: see GalleryInfo. Computed over the whole set on first use. */
  gallery: '/api/gallery',
  /** GET: ShadersInfo: how the training plan computes its ops. */
  shaders: '/api/shaders',
  /** GET ?kind: the model as a file of a kind, default safetensors, a checkpoint; of a kind that is a folder, a zip of it. */
  model: '/api/model',
  /** GET /shaders/NAME.wgsl: a shader's text. */
  shaderText: '/shaders/',
} as const;

/** What the site's worker answers besides. */
export const SITE_ROUTES = {
  /** POST ?path: keeps a file in the browser, below models/ or pictures/. */
  files: '/api/files',
} as const;

export interface BatchInfo {
  readonly step: number;
  readonly classes: readonly string[];
  readonly files: readonly string[];
}

export interface PictureInfo {
  readonly set: PictureSet;
  readonly index: number;
  readonly file: string;
  readonly label: number;
}

export interface GalleryPicture extends PictureInfo {
  readonly predicted: number;
  readonly loss: number;
  readonly probabilities: readonly number[];
}

export interface GalleryInfo {
  readonly step: number;
  readonly set: PictureSet;
  readonly loss: number;
  readonly acc: number;
  /** True classes down, predicted ones across. */
  readonly confusion: readonly (readonly number[])[];
  /** By their loss, largest first. */
  readonly top: readonly GalleryPicture[];
}

/** The plan that the Node process runs, and what decides how its kernels cut their work there. */
export interface ShadersInfo {
  readonly adapter: AdapterTraits;
  readonly shaders: readonly ShaderInfo[];
  /** Which of the shaders computes each tensor of an inspection, by the tensor's name; none for those that nothing in the plan needs. */
  readonly tensors: Readonly<Record<string, Uncomputed | (Omit<Computed, 'node'> & { readonly node: number })>>;
}

/** A node of the training plan and every way to compute it. */
export interface ShaderInfo {
  readonly op: string;
  readonly scope: string;
  readonly attrs: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly outputs: Readonly<Record<string, TensorSpec>>;
  readonly updates: Readonly<Record<string, TensorSpec>>;
  readonly flops: number;
  /** The one in use. */
  readonly variant: string;
  readonly variants: readonly {
    readonly name: string;
    /** Measured on this adapter when it was tuned; absent where it was not tried. */
    readonly ms?: number | undefined;
    readonly dispatches: readonly {
      /** Name below /shaders/. */
      readonly shader: string;
      /** The WGSL with its constants set: what the adapter compiles. */
      readonly source: string;
      readonly workgroups: readonly [number, number, number];
    }[];
  }[];
}

export type ExplainKind = 'grad-cam' | 'occlusion' | 'neighbours';

export interface ExplainInfo {
  readonly kind: ExplainKind;
  readonly step: number;
  /** The class that the map speaks for: the one asked for, else the predicted one. */
  readonly classIndex: number;
  /** Of 'grad-cam': index of the layer. */
  readonly layer?: number | undefined;
  /** Of 'occlusion': side and step of the patch, in pixels. */
  readonly patch?: number | undefined;
  readonly stride?: number | undefined;
}

/** Pictures of the training data, or of the validation data where there is no other, that are most similar to the network. */
export interface NeighboursInfo {
  readonly step: number;
  /** Index of the layer whose outputs were compared. */
  readonly layer: number;
  readonly neighbours: readonly (PictureInfo & { readonly distance: number })[];
}
