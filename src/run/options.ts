import type { Compat } from '../data/transform.js';
import type { DeviceOptions } from './device.js';

/** Name of the best epochs' files, as the seed has it. */
export const CHECKPOINT = 'model2-{epoch:03d}.safetensors';

export interface TrainOptions extends DeviceOptions {
  readonly train: string;
  readonly validation: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly imageSize: [number, number];
  readonly seed?: number | undefined;
  readonly out: string;
  readonly checkpoint: string;
  /** Minutes; default SAVE_EVERY_MINUTES. */
  readonly saveEvery?: number | undefined;
  readonly overwrite?: boolean;
  readonly maxSteps?: number;
  readonly lr?: number;
  readonly loss: 'logits' | 'probs';
  readonly compat: Compat;
  readonly augment: boolean;
  readonly skipBroken?: boolean;
  readonly resume?: string;
  readonly otherPictures?: boolean;
  readonly verify?: boolean;
  /** With a name, a file for the trace. */
  readonly profile?: boolean | string;
  /** Show the run on the studio's page while it goes on, and until Ctrl-C after its end. */
  readonly studio?: boolean;
  readonly json?: boolean;
}

/** Options that shape a run from its first step on. */
export const SETTINGS = ['seed', 'batchSize', 'imageSize', 'loss', 'compat', 'augment'] as const;

export type RunSettings = Pick<TrainOptions, (typeof SETTINGS)[number]>;

export function settingsOf(options: TrainOptions): RunSettings {
  const { seed, batchSize, imageSize, loss, compat, augment } = options;
  return { seed, batchSize, imageSize, loss, compat, augment };
}
