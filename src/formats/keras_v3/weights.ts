import { formatShape, sizeOf } from '../../engine/shape.js';
import type { CompileConfig } from '../../nn/config.js';
import { shown } from '../../nn/json.js';
import type { LayerStack, PlacedLayer } from '../../nn/layer_stack.js';
import type { Hdf5File } from '../hdf5/hdf5.js';
import { momentsOf } from '../keras/moments.js';

/** Where layers' groups lie: since Keras 3 and tf_keras 2.13, and in TensorFlow 2.12. */
export const ROOTS: readonly string[] = ['layers', '_layer_checkpoint_dependencies'];

/** How many of the optimizer's variables come before what it keeps for weights: the iteration, and in Keras 3 the learning rate unless it follows a schedule. */
const leading = (flavour: 'keras3' | 'tf', { schedule }: CompileConfig['optimizer']): number => (flavour === 'keras3' && !schedule ? 2 : 1);

/** All weights by name, from the new kind of weights file. `what` it is called in messages. */
export async function readWeights(what: string, file: Hdf5File, model: LayerStack): Promise<ReadonlyMap<string, Float32Array>> {
  const tops = (await file.names('/')) ?? [];
  const root = ROOTS.find(each => tops.includes(each));
  if (root === undefined) throw new Error(`${what} has no group ${ROOTS.join(' or ')}: wanted weights as Keras 3 and tf_keras keep them`);
  const groups = (await file.names(`/${root}`)) ?? [];
  const weights = new Map<string, Float32Array>();
  for (const [layer, group] of matched(what, groups, model)) {
    const path = `/${root}/${group}/vars`;
    const found = (await file.names(path)) ?? [];
    const { name, parameters } = layer;
    if (found.length !== parameters.length) {
      throw new Error(
        `${what}: layer ${shown(name)} has ${found.length} weights in ${path}, the model has ${parameters.length}: ${parameters.map(({ part }) => part).join(', ')}`,
      );
    }
    for (const [i, { name: weight, shape }] of parameters.entries()) {
      weights.set(weight, await float32(what, file, `${path}/${i}`, shape, shown(weight)));
    }
  }
  return weights;
}

/**
 * Layers with weights, each with its group. A group has the name of its class, numbered among the layers of the class in the model's order; numbers may be
 * skipped, and mean nothing but the order.
 */
function matched(what: string, groups: readonly string[], model: LayerStack): (readonly [PlacedLayer, string])[] {
  const layers = model.layers.filter(({ parameters }) => parameters.length > 0);
  const kinds = [...new Set(layers.map(({ layer }) => layer.record.kind))];
  const pairs = kinds.flatMap(kind => {
    const own = layers.filter(({ layer }) => layer.record.kind === kind);
    const named = groups
      .map(group => [numberOf(group, kind), group] as const)
      .filter(([number]) => number >= 0)
      .sort(([a], [b]) => a - b);
    if (named.length !== own.length) {
      throw new Error(
        `${what} has ${named.length} layers of the kind ${kind}, the model has ${own.length}: ${own.map(({ name }) => shown(name)).join(', ')}`,
      );
    }
    return own.map((layer, i) => [layer, named[i]![1]] as const);
  });
  const order = new Map(pairs);
  return layers.map(layer => [layer, order.get(layer)!]);
}

/** 0 of 'conv2d', 2 of 'conv2d_2'; below 0 of the group of another kind. */
function numberOf(group: string, kind: string): number {
  if (group === kind) return 0;
  const [, digits] = /^_(\d{1,9})$/.exec(group.slice(kind.length)) ?? [];
  return group.startsWith(kind) && digits !== undefined ? Number(digits) : -1;
}

async function float32(what: string, file: Hdf5File, path: string, shape: readonly number[], name: string): Promise<Float32Array> {
  const numbers = await file.numbers(path, { types: ['float32'], shape });
  if (numbers) return numbers as Float32Array;
  throw new Error(`${what} has no ${path}: wanted ${name}, of shape ${formatShape(shape)}`);
}

/** Where an optimizer stands. */
export interface OptimizerState {
  readonly optimizer: CompileConfig['optimizer'];
  readonly step: number;
  readonly moments: ReadonlyMap<string, Float32Array>;
}

/** Where the optimizer stands; undefined where the file has nothing of it. Throws where what it has is another optimizer's, or another model's. */
export async function readState(
  what: string,
  file: Hdf5File,
  model: LayerStack,
  optimizer: CompileConfig['optimizer'],
): Promise<OptimizerState | undefined> {
  const count = (await file.names('/optimizer/vars'))?.length ?? 0;
  if (count === 0) return undefined;
  const flavours = (['keras3', 'tf'] as const).map(flavour => ({
    before: leading(flavour, optimizer),
    order: momentsOf(model, optimizer, flavour),
  }));
  const found = flavours.find(({ before, order }) => before + order.length === count);
  if (!found) {
    const wanted = [...new Set(flavours.map(({ before, order }) => before + order.length))].join(' or ');
    throw new Error(`its optimizer has ${count} variables, wanted ${wanted} for this model and ${optimizer.name}`);
  }
  const { before, order } = found;
  const first = await file.numbers('/optimizer/vars/0', { types: ['int64', 'int32'], shape: [] });
  if (!first) throw new Error(`${what} has no /optimizer/vars/0: wanted the optimizer's iteration`);
  const step = Number(first[0]);
  if (!Number.isSafeInteger(step) || step < 0) throw new Error(`${what}: the optimizer's iteration is ${step}, wanted a count of steps`);
  const rate = before === 2 ? (await float32(what, file, '/optimizer/vars/1', [], 'the learning rate'))[0]! : optimizer.learningRate;
  if (!(rate >= 0 && rate < Infinity)) throw new Error(`${what}: the learning rate is ${rate}, wanted a number from 0 on`);
  const moments = new Map<string, Float32Array>();
  for (const [i, { weight, name }] of order.entries()) {
    moments.set(name, await float32(what, file, `/optimizer/vars/${i + before}`, weight.shape, shown(name)));
  }
  return { optimizer: { ...optimizer, learningRate: rate }, step, moments };
}

/** Bytes of a model's weights. */
export const weightBytes = (model: LayerStack): number => model.weightSpecs.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
