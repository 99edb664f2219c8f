import { modelConfig } from '../nn/config.js';
import type { Checkpoint } from './checkpoint.js';
import type { ModelKind, ModelSource } from './model_file.js';
import { openNetwork } from './network.js';
import { openModel } from './open.js';

/** What a path holds. Throws, naming it, where it can't be read. */
export type SourceOf = (path: string) => Promise<ModelSource>;

/** Files without layers: another says what they are for. */
const WEIGHTS_ALONE: readonly ModelKind[] = ['h5-weights', 'weights.h5'];

/**
 * Opens a model's file; one that has weights alone for the network of another file. Throws where such is given for a file that needs none, unless it was
 * given to be there `ifNeeded`.
 */
export async function openInto(sourceOf: SourceOf, path: string, network: string | undefined, ifNeeded = false): Promise<Checkpoint> {
  if (network === undefined) return openModel(await sourceOf(path));
  const whole = ifNeeded ? await openModel(await sourceOf(path)).catch(() => undefined) : undefined;
  if (whole) return whole;
  const { model, compile } = await openNetwork(await sourceOf(network));
  const checkpoint = await openModel(await sourceOf(path), { into: modelConfig(model), compile });
  if (WEIGHTS_ALONE.includes(checkpoint.kind)) return checkpoint;
  throw new Error(`${path} has a network of its own: leave out --network ${network}`);
}
