import { shown } from '../../nn/json.js';
import type { LayerStack, PlacedLayer } from '../../nn/layer_stack.js';
import type { Hdf5File } from '../hdf5/hdf5.js';

/** A model's weights by name, in its order. */
interface ReadWeights {
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly notes: readonly string[];
}

/** A layer of the file that has weights. */
interface StoredLayer {
  readonly name: string;
  /** Paths below the layer's group, in the layer's order. */
  readonly weights: readonly string[];
}

/**
 * Reads the weights below a group, as Keras does: layers with weights by order, and so each layer's weights. Throws, naming the layer, where one has
 * another number of them or another shape than the model's.
 */
export async function readWeights(file: string, hdf5: Hdf5File, base: string, model: LayerStack): Promise<ReadWeights> {
  const stored = await storedLayers(file, hdf5, base);
  const layers = model.layers.filter(({ parameters }) => parameters.length > 0);
  if (stored.length !== layers.length) {
    const names = (of: readonly { readonly name: string }[]): string => of.map(({ name }) => shown(name)).join(', ') || 'none';
    throw new Error(`${file} has weights of ${stored.length} layers (${names(stored)}), the model of ${layers.length} (${names(layers)})`);
  }
  const weights = new Map<string, Float32Array>();
  for (const [i, layer] of layers.entries()) {
    for (const [name, numbers] of await layerWeights(file, hdf5, base, stored[i]!, layer)) weights.set(name, numbers);
  }
  const other = layers.findIndex(({ name }, i) => name !== stored[i]!.name);
  const notes =
    other < 0
      ? []
      : [`its layers have other names, and are taken by their order: ${shown(stored[other]!.name)} for ${shown(layers[other]!.name)}`];
  return { weights, notes };
}

async function storedLayers(file: string, hdf5: Hdf5File, base: string): Promise<StoredLayer[]> {
  const names = await hdf5.texts(base, 'layer_names');
  if (!names) throw new Error(`${file}: ${base} has no layer_names: its weights are missing`);
  const layers: StoredLayer[] = [];
  for (const name of names) {
    const weights = await hdf5.texts(below(base, name), 'weight_names');
    if (!weights) throw new Error(`${file}: the weights of layer ${shown(name)} are missing`);
    if (weights.length > 0) layers.push({ name, weights });
  }
  return layers;
}

const below = (group: string, name: string): string => `${group === '/' ? '' : group}/${name}`;

async function layerWeights(
  file: string,
  hdf5: Hdf5File,
  base: string,
  { name, weights }: StoredLayer,
  { parameters }: PlacedLayer,
): Promise<(readonly [string, Float32Array])[]> {
  const who = `${file}: layer ${shown(name)}`;
  if (weights.length !== parameters.length) {
    throw new Error(`${who} has ${weights.length} weights, wanted ${parameters.length}: ${parameters.map(({ part }) => part).join(', ')}`);
  }
  const read: (readonly [string, Float32Array])[] = [];
  for (const [i, { name: weight, shape }] of parameters.entries()) {
    const numbers = await hdf5.numbers(below(below(base, name), weights[i]!), { types: ['float32'], shape });
    if (!numbers) throw new Error(`${who}: its weight ${shown(weights[i])} is missing`);
    read.push([weight, numbers as Float32Array]);
  }
  return read;
}
