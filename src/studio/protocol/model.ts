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
