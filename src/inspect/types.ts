import type { Shape, Window2d } from '../engine/shape.js';
import type { Activation } from '../nn/layers.js';
import type { ResolvedLoss } from '../nn/losses.js';

export type LayerKind = 'conv2d' | 'max_pooling2d' | 'flatten' | 'dropout' | 'dense' | 'activation';

/** A layer of an inspected model. Shapes are without the batch axis. JSON. */
export interface InspectedLayer {
  /** Its place in the model: tensors of it are named 'layer<index>/…'. */
  readonly index: number;
  readonly name: string;
  readonly kind: LayerKind;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Count of weights. */
  readonly parameters: number;
  /** Forward work on one picture by the ops' definitions; a multiply-add is 2. */
  readonly flops: number;
  /** 'linear' where it has none. */
  readonly activation: Activation;
  /** How the window of a convolution or pooling slides; `batch` is that of the inspection. */
  readonly window?: Window2d;
  /** Dropout's, where it dropped something in this run. */
  readonly rate?: number;
}

/**
 * Numbers of a buffer, row after row. Names:
 * 'input', 'labels', 'logits', 'probabilities', 'loss' [1];
 * 'layer0/pre_activation' (where the activation is not linear), 'layer0/output', 'layer1/argmax' (i * kernelWidth + j in the window), 'layer3/mask';
 * 'layer0/kernel' and 'layer0/bias' before the step, 'layer0/kernel/updated' after it;
 * Adam's 'layer0/kernel/m' and '/v' before, '/m/updated' and '/v/updated' after; of SGD '/velocity' and '/velocity/updated';
 * and the loss' gradient of anything it depends on: 'input/gradient', 'layer0/output/gradient', 'layer0/kernel/gradient'.
 * Activations have the batch axis first, [rows, …]. Several names may share one array: flatten copies nothing.
 */
export interface InspectedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Uint32Array;
}

/** How the inspected step's update was made. JSON. */
export interface InspectedOptimizer {
  readonly name: 'adam' | 'sgd';
  readonly learningRate: number;
  /** Of Adam beta1, beta2, epsilon; of SGD momentum. */
  readonly config: Readonly<Record<string, number>>;
  /** t of the step that was computed: 1 for a fresh model. */
  readonly step: number;
}

/** What is JSON of an inspection: all but the numbers. */
export interface InspectionHead {
  readonly layers: readonly InspectedLayer[];
  /** Pictures; a batch that is not full has more rows in its tensors, which count for nothing. */
  readonly rows: number;
  readonly inputShape: Shape;
  readonly loss: ResolvedLoss;
  readonly optimizer: InspectedOptimizer;
  /** Whether dropout dropped, as in training. */
  readonly training: boolean;
}

/** One forward pass, backward pass and optimizer step of a model, every number of it as the buffers had it. */
export interface Inspection extends InspectionHead {
  readonly tensors: Readonly<Record<string, InspectedTensor>>;
}

/** A number in a tensor of an inspection: its flat index. */
export interface Place {
  readonly tensor: string;
  readonly index: number;
}

/** One of the things that make a number: product = left * right, in float64 of what the buffers hold. */
export interface Term {
  /** Where it stands, for people: 'row 3, column 4, channel 2'. */
  readonly label: string;
  readonly left: number;
  readonly right: number;
  readonly product: number;
  /**
   * Where the factors come from; absent where a factor is no number of a buffer (a 1, a constant, the zeros around a picture). Of an exponential, a square
   * or a slope, the number that it was computed from.
   */
  readonly leftAt?: Place;
  readonly rightAt?: Place;
  /** A place outside the picture: padding, counts as 0. */
  readonly isPadding?: true;
  /** The one that 'max' and 'share' take. */
  readonly isChosen?: true;
}

/**
 * How the terms make the number. 'sum': products and the bias are added; 'max': the largest product; 'share': the chosen product over the sum
 * of all (softmax).
 */
export type Combine = 'sum' | 'max' | 'share';

/** How one number came about. */
export interface Terms {
  readonly place: Place;
  /** What the buffer holds. */
  readonly value: number;
  /** In the field's notation: 'output[y, x, f] = bias[f] + Σ input · kernel'. */
  readonly formula: string;
  readonly combine: Combine;
  readonly terms: readonly Term[];
  readonly bias?: { readonly value: number; readonly at: Place };
  /** What the terms come to in float64; `value` was rounded to float32 on the way. */
  readonly sum: number;
  /** A sentence on what is remarkable here; may be empty. */
  readonly note: string;
}

/** The optimizer's step for one weight: how m and v (or SGD's velocity) came about, then the weight. */
export interface UpdateTerms {
  readonly place: Place;
  readonly gradient: number;
  readonly slots: readonly Terms[];
  readonly weight: Terms;
  /** Numbers on the way, by name: Adam's m̂, v̂, stepSize, t. */
  readonly steps: readonly { readonly label: string; readonly formula: string; readonly value: number }[];
}

/** A part of a layer's output, or of the input, that a number depends on; rows and columns inside the picture. */
export interface Region {
  /** 'input' or 'layer0/output'. */
  readonly tensor: string;
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}
