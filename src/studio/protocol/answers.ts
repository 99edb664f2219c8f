import type { TensorSpec } from '../../engine/op.js';
import type { AdapterTraits } from '../../kernels/variant.js';
import type { Computed, Uncomputed } from '../../nn/computed.js';
import type { PictureSet } from './model.js';

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
  /** Whether they are run here; else they are what a usual GPU would run. */
  readonly isRun: boolean;
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

export type ConvolutionWay = 'direct' | 'F(2×2)' | 'F(4×4)';

/** A convolution computed one way, by the fastest kernel of the adapter that does it so. */
export interface TimedConvolution {
  readonly way: ConvolutionWay;
  /** 'conv2d_forward.tiled' */
  readonly kernel: string;
  /** The fastest of some runs. */
  readonly ms: number;
  /** The largest difference to sums in float64, relative to the largest number. */
  readonly error: number;
}

/** A 3x3 convolution of maps [side, side, channels] with as many filters; none timed where the CPU reference computes, which has one way alone. */
export interface ConvolutionsInfo {
  readonly side: number;
  readonly channels: number;
  readonly timed: readonly TimedConvolution[];
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
