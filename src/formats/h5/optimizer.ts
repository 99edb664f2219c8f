import type { CompileConfig } from '../../nn/config.js';
import type { LayerStack } from '../../nn/layer_stack.js';
import type { Hdf5File } from '../hdf5/hdf5.js';
import { momentsOf, type OptimizerFlavour } from '../keras/moments.js';
import type { ReadModel } from '../model_file.js';

/** How a model is trained, and where its optimizer stands. */
export type OptimizerState = Pick<ReadModel, 'compile' | 'step' | 'moments'>;

const BASE = '/optimizer_weights';

/** Which release's order the variables have: that of Keras 3 begins with iteration and learning rate, tf_keras' with 'iteration', older ones otherwise. */
function flavourOf([first = '', second = '']: readonly string[]): OptimizerFlavour {
  const last = (name: string): string => name.split('/').at(-1)!.replace(/:0$/, '');
  if (last(first) !== 'iteration') return 'legacy';
  return last(second) === 'learning_rate' ? 'keras3' : 'tf';
}

/** The optimizer's state; undefined where it has none. Throws where it is not that of the model and its optimizer. */
export async function readOptimizer(file: Hdf5File, model: LayerStack, compile: CompileConfig): Promise<OptimizerState | undefined> {
  const names = await file.texts(BASE, 'weight_names');
  if (!names || names.length === 0) return undefined;
  const flavour = flavourOf(names);
  const before = flavour === 'keras3' ? 2 : 1;
  const { optimizer } = compile;
  const step = await iterationOf(file, names[0]!);
  const found = names.slice(before);
  const order = momentsOf(model, optimizer, flavour);
  const isUnmoved = step === 0 && found.length === 0;
  if (!isUnmoved && !isComplete(found.length, order.length, flavour, model)) {
    throw new Error(`its optimizer has ${found.length} variables, wanted ${order.length}: it can't go on`);
  }
  const moments = new Map<string, Float32Array>();
  for (const [i, { name, weight }] of (isUnmoved ? [] : order).entries()) {
    moments.set(name, await float32(file, found[i]!, weight.shape));
  }
  // It may have been changed since the optimizer was made; where it follows a schedule, it is not kept.
  const isKept = flavour === 'keras3' && !optimizer.schedule;
  const learningRate = isKept ? rate((await float32(file, names[1]!, []))[0]!) : optimizer.learningRate;
  return { compile: { ...compile, optimizer: { ...optimizer, learningRate } }, step, moments };
}

/** Keras up to 2.3 keeps more than is used: SGD's velocity without momentum, and after Adam's moments one number a weight for amsgrad. */
function isComplete(found: number, wanted: number, flavour: OptimizerFlavour, { weightSpecs }: LayerStack): boolean {
  const trained = weightSpecs.filter(({ trainable }) => trainable).length;
  return found === wanted || (flavour === 'legacy' && found === wanted + trained);
}

async function float32(file: Hdf5File, name: string, shape: readonly number[]): Promise<Float32Array> {
  const numbers = await file.numbers(`${BASE}/${name}`, { types: ['float32'], shape });
  if (!numbers) throw new Error(`its optimizer's '${name}' is missing`);
  return numbers as Float32Array;
}

async function iterationOf(file: Hdf5File, name: string): Promise<number> {
  const [count] = (await file.numbers(`${BASE}/${name}`, { types: ['int64', 'int32'], shape: [] })) ?? [];
  const step = Number(count);
  if (Number.isSafeInteger(step) && step >= 0) return step;
  throw new Error(`its optimizer's iteration is ${count ?? 'missing'}, wanted a count of steps`);
}

function rate(value: number): number {
  if (value >= 0 && value < Infinity) return value;
  throw new Error(`its optimizer's learning rate is ${value}, wanted a number from 0 on`);
}
