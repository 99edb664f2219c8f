import type { DilatedWindow2d, Shape } from '../engine/shape.js';
import type { LayerConfig } from '../nn/layers/layer.js';
import type { ResolvedLoss } from '../nn/losses.js';
import type { OptimizerConfig, OptimizerName } from '../nn/optimizers.js';
import type { Numbers } from '../nn/terms.js';

export type { InspectedTensor, Place, Term, Terms, UpdateTerms } from '../nn/terms.js';

/** A weight of an inspected layer. JSON. */
export interface InspectedWeight {
  /** In its layer: 'kernel'. */
  readonly name: string;
  readonly shape: Shape;
  /** Whether it has a gradient, and the optimizer a step for it. */
  readonly trainable: boolean;
}

/** A layer of an inspected model. Shapes are without the batch axis. JSON. */
export interface InspectedLayer {
  /** Its place in the model: tensors of it are named 'layer<index>/…'. */
  readonly index: number;
  readonly name: string;
  /** Of its record: 'max_pooling2d'. */
  readonly kind: string;
  /** What it was made with. */
  readonly config: LayerConfig;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Whether training changes its weights and states. */
  readonly trainable: boolean;
  readonly weights: readonly InspectedWeight[];
  /** Count of numbers in its weights. */
  readonly parameters: number;
  /** Forward work on one picture by the ops' definitions; a multiply-add is 2. */
  readonly flops: number;
  /** Name of what its activation is computed from; of its output where it has none. */
  readonly linear: string;
  /** How the window of a convolution or pooling slides; `batch` is that of the inspection. */
  readonly window?: DilatedWindow2d;
}

/** How the inspected step's update was made. JSON. */
export interface InspectedOptimizer {
  readonly name: OptimizerName;
  readonly learningRate: number;
  /** What it was made with besides: of Adam beta1, beta2, epsilon; of SGD momentum. */
  readonly config: OptimizerConfig;
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

/**
 * One forward pass, backward pass and optimizer step of a model, every number of it as the buffers had it. Names of its tensors:
 * 'input', 'labels', 'sample_weights' (where rows have some), 'logits', 'probabilities', 'loss' [1];
 * 'layer0/pre_activation' (where the activation is not linear), 'layer0/output', 'layer1/argmax' (i * kernelWidth + j in the window), 'layer3/mask';
 * weights by their names, 'layer0/kernel' and 'layer0/bias', before the step, 'layer0/kernel/updated' after it;
 * Adam's 'layer0/kernel/m' and '/v' before, '/m/updated' and '/v/updated' after; of SGD '/velocity' and '/velocity/updated';
 * and the loss' gradient of anything it depends on: 'input/gradient', 'layer0/output/gradient', 'layer0/kernel/gradient'.
 * 'layer0/kernel/clipped_gradient', where the optimizer clips.
 * Activations have the batch axis first, [rows, …]. Several names may share one array: flatten copies nothing.
 */
export interface Inspection extends InspectionHead, Numbers {}

/** A part of a layer's output, or of the input, that a number depends on; rows and columns inside the picture. */
export interface Region {
  /** 'input' or 'layer0/output'. */
  readonly tensor: string;
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}
