import type { CompileConfig } from '../../nn/config.js';
import { writeHdf5 } from '../hdf5/hdf5.js';
import { Hdf5Tree, listAttribute } from '../hdf5/tree.js';
import { leftOut, trainingConfig } from '../keras/compile.js';
import { modelToKeras } from '../keras/config.js';
import { momentsOf } from '../keras/moments.js';
import type { ModelFile, WriteModelFile } from '../model_file.js';

/** What every release from tf.keras 2.4 to Keras 3 reads. */
const VERSION = { backend: 'tensorflow', keras_version: '2.4.0' } as const;

/** JSON as Python writes it: ASCII alone, which Keras 2 wants of attributes. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** An HDF5 model as tf.keras reads it, and trains on: the optimizer's state with it. Keras 3 reads the weights alone, as of every such file. */
export const writeHdf5Model: WriteModelFile = async (file, { onNote = () => {} }) => {
  for (const note of leftOut(file)) onNote(note);
  const { model, weights, untrainable } = file;
  const root = new Hdf5Tree();
  const compile = untrainable === undefined ? file.compile : undefined;
  root.attributes = {
    ...VERSION,
    model_config: asciiJson(modelToKeras(model, 2)),
    ...(compile && { training_config: asciiJson(trainingConfig(compile, flavourOf(compile))) }),
  };
  const stored = root.group('model_weights');
  stored.attributes = {
    ...VERSION,
    ...listAttribute(
      'layer_names',
      model.layers.map(({ name }) => name),
    ),
  };
  for (const { name, parameters } of model.layers) {
    const group = stored.group(name);
    const names = parameters.map(({ part }) => `${name}/${part}:0`);
    group.attributes = listAttribute('weight_names', names);
    for (const [i, weight] of parameters.entries()) group.put(names[i]!, { shape: weight.shape, data: weights.get(weight.name)! });
  }
  if (compile) writeOptimizer(root, file, compile);
  return writeHdf5(root);
};

type Flavour = 'legacy' | 'tf';

/** Legacy optimizers, which older releases have as well, where they have what is needed. The legacy RMSprop has epsilon in another place. */
const flavourOf = ({ optimizer: { name, config } }: CompileConfig): Flavour =>
  name === 'adamw' || name === 'rmsprop' || config.weightDecay !== undefined || config.globalClipnorm !== undefined ? 'tf' : 'legacy';

/** The optimizer's iteration and what it keeps; nothing where it has made no step. */
function writeOptimizer(root: Hdf5Tree, { model, moments, step }: ModelFile, compile: CompileConfig): void {
  const { optimizer } = compile;
  const flavour = flavourOf(compile);
  const order = momentsOf(model, optimizer, flavour);
  if (step === 0 || !order.every(({ name }) => moments.has(name))) return;
  const { class_name: className } = trainingConfig(compile, flavour).optimizer_config;
  const prefix = className.replace('Custom>', '');
  const group = root.group('optimizer_weights');
  const named = order.map(({ weight, name, kerasSlot }) => {
    const path = weight.name.replace(/\.([^.]*)$/, '/$1');
    const stored = flavour === 'legacy' ? `${prefix}/${path}/${kerasSlot}:0` : `${prefix}/${kerasSlot}/${path}:0`;
    return [stored, { shape: weight.shape, data: moments.get(name)! }] as const;
  });
  const iteration = flavour === 'legacy' ? `${prefix}/iter:0` : 'iteration:0';
  group.attributes = listAttribute('weight_names', [iteration, ...named.map(([name]) => name)]);
  group.put(iteration, { shape: [], data: BigInt64Array.of(BigInt(step)) });
  for (const [name, dataset] of named) group.put(name, dataset);
}
