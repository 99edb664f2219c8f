import { ImageDataGenerator } from '../../../../data/generator.js';
import type { ImageBatch, ImageIterator } from '../../../../data/iterator.js';
import { setRandomSeed } from '../../../../engine/random.js';
import type { Callback } from '../../../../nn/callbacks/callback.js';
import { NotFiniteError } from '../../../../nn/finite.js';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../../../../nn/layers.js';
import { type Sequential, sequential } from '../../../../nn/model.js';
import { adam, sgd } from '../../../../nn/optimizers.js';
import { measureNorms } from '../../../engine/measure.js';
import { augmentedPictures, toBytes } from '../../../engine/pictures.js';
import type { NormsPoint } from '../../../protocol.js';
import { tinyFaces } from './faces.js';
import { type Border, borderOf, unitsOf } from './plane.js';
import { type OpTime, TimedReference } from './timed.js';
import { BATCH, SIZE, type TinyConfig, VALIDATION } from './tiny_config.js';

const RESCALE = 1 / 255;

/** What an epoch left behind. */
export interface Look {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly acc: number;
  readonly valLoss: number;
  readonly valAcc: number;
  /** Of the epoch's last batch. */
  readonly norms: NormsPoint;
  /** The first convolution's weights: [3, 3, 3, filters]. */
  readonly filters: Float32Array;
  /** The last batch as the step took it: bytes [rows, SIZE, SIZE, 3]. */
  readonly batch: Uint8Array;
  /** Of a network with two units before the last layer: both for each validation face, and where the classes part. */
  readonly plane?: { readonly units: Float32Array; readonly border: Border } | undefined;
}

/** What a run tells, in this order. */
export type TinyEvent =
  | { readonly type: 'begun'; readonly weights: number; readonly steps: number; readonly first: Float32Array }
  | { readonly type: 'steps'; readonly losses: readonly number[] }
  | { readonly type: 'look'; readonly look: Look }
  /** Milliseconds of all steps, and of each op in a step. */
  | { readonly type: 'done'; readonly ms: number; readonly times: readonly OpTime[] }
  /** `lost`: the loss was no finite number any more. */
  | { readonly type: 'failed'; readonly message: string; readonly lost: boolean };

const AUGMENTATION = { rotationRange: 25, widthShiftRange: 0.15, heightShiftRange: 0.15, zoomRange: 0.15, horizontalFlip: true };

function networkOf({ pool, dropout: rate, units, seed }: TinyConfig): Sequential {
  const pooling = () => (pool > 1 ? [maxPooling2d(pool)] : []);
  const layers = [
    conv2d(6, 3, { activation: 'relu', inputShape: [SIZE, SIZE, 3] }),
    ...pooling(),
    conv2d(8, 3, { activation: 'relu' }),
    ...pooling(),
    flatten(),
    ...(rate > 0 ? [dropout(rate)] : []),
    dense(units, { activation: units === 2 ? 'tanh' : 'relu' }),
    dense(2, { activation: 'softmax' }),
  ];
  return sequential(layers, { seed });
}

/** Trains a small network on drawn faces by the CPU reference, and tells how it goes; ends early when `signal` is aborted. */
export async function trainTiny(config: TinyConfig, tell: (event: TinyEvent) => void, signal: AbortSignal): Promise<void> {
  const { seed, pictures, epochs, learningRate } = config;
  setRandomSeed(seed);
  const executor = new TimedReference();
  const train = new ImageDataGenerator({ rescale: RESCALE, ...(config.augment && AUGMENTATION) }).flow(tinyFaces(pictures, 11), {
    batchSize: BATCH,
    seed,
  });
  const validation = new ImageDataGenerator({ rescale: RESCALE }).flow(tinyFaces(VALIDATION, 12), {
    batchSize: VALIDATION,
    shuffle: false,
  });
  const model = networkOf(config);
  const optimizer = config.optimizer === 'adam' ? adam({ learningRate }) : sgd({ learningRate });
  await model.compile({ optimizer, loss: config.loss, metrics: ['acc'], executor });
  try {
    const weights = Object.values(await model.getWeights()).reduce((sum, { length }) => sum + length, 0);
    tell({ type: 'begun', weights, steps: epochs * train.length, first: await filtersOf(model) });
    let last: ImageBatch | undefined;
    const teller: Callback = {
      onBatchesEnd: results => {
        last = results.at(-1)!.batch as ImageBatch;
        tell({ type: 'steps', losses: results.map(({ loss }) => loss) });
      },
      onEpochEnd: async (epoch, { loss, acc, val_loss, val_acc }) => {
        const scores = { loss: loss!, acc: acc!, valLoss: val_loss!, valAcc: val_acc! };
        tell({ type: 'look', look: { epoch: epoch + 1, step: model.step, ...scores, ...(await lookAt(model, train, last!, validation)) } });
      },
    };
    await model.fit(train, { epochs, validationData: validation, callbacks: [teller], signal });
    if (!signal.aborted) tell({ type: 'done', ...executor.perStep() });
  } catch (error) {
    tell({ type: 'failed', message: (error as Error).message, lost: error instanceof NotFiniteError });
  } finally {
    await model.close();
  }
}

async function lookAt(
  model: Sequential,
  train: ImageIterator,
  batch: ImageBatch,
  validation: ImageIterator,
): Promise<Pick<Look, 'norms' | 'filters' | 'batch' | 'plane'>> {
  const { executor } = model.compiled;
  const units = model.layers.at(-1)!.inputShape[0]!;
  return {
    norms: await measureNorms(model, train, batch),
    filters: await filtersOf(model),
    batch: toBytes(await augmentedPictures(executor, train, batch), RESCALE),
    plane: units === 2 ? { units: await unitsOf(model, validation), border: await borderOf(model) } : undefined,
  };
}

const filtersOf = async (model: Sequential): Promise<Float32Array> => (await model.getWeights())[`${model.layers[0]!.name}.kernel`]!;
