import { expect, test } from 'vitest';
import { modelFromKeras, modelToKeras } from '../src/formats/keras/config.js';
import { modelConfig } from '../src/nn/config.js';

type Json = Readonly<Record<string, unknown>>;

const dense = (config: Json = {}, entry: Json = {}): Json => ({
  class_name: 'Dense',
  config: { name: 'dense', units: 2, activation: 'softmax', batch_input_shape: [null, 3], ...config },
  ...entry,
});
const model = (...layers: readonly unknown[]): Json => ({ class_name: 'Sequential', config: { name: 'mine', layers } });
const read = (json: unknown, version: 2 | 3 = 2) => modelFromKeras('x.h5', json, version);

test.each<readonly [string, Json, string]>([
  ['a class that every object has', dense({}, { class_name: 'constructor' }), "layer 'dense' (constructor): such layers are not supported"],
  ['a class that is a prototype', dense({}, { class_name: '__proto__' }), "layer 'dense' (__proto__): such layers are not supported"],
  [
    'a class of its author',
    dense({}, { module: 'mine.layers' }),
    "layer 'dense' is of a class of its author's, 'Dense' of the module 'mine.layers'",
  ],
  ['a registered class', dense({}, { registered_name: 'mine>Dense' }), "registered as 'mine>Dense'"],
  [
    'half precision',
    dense({ dtype: { class_name: 'DTypePolicy', config: { name: 'mixed_float16' } } }),
    "layer 'dense' (Dense): dtype is 'mixed_float16'",
  ],
  ['an open size', dense({ batch_input_shape: [null, null] }), "layer 'dense' (Dense): axis 1 of its input is null, wanted a fixed size"],
  [
    'a constraint',
    dense({ kernel_constraint: { class_name: 'MaxNorm', config: {} } }),
    "kernel_constraint ('MaxNorm') is given, wanted null",
  ],
  ['an unknown activation', dense({ activation: 'mish2' }), "layer 'dense' (Dense): activation is 'mish2', which is not supported"],
  [
    'an activation of its author',
    dense({ activation: { class_name: 'function', module: 'mine', config: 'f', registered_name: 'f' } }),
    'f',
  ],
  ['no units', dense({ units: undefined }), 'units is missing'],
  ['a field of another type', dense({ units: '2' }), "units is '2', wanted"],
  ['a name that a terminal obeys', dense({ name: 'a\u001b[2J' }), '\\u001b'],
])('%s is refused by layer, class and field', (_, layer, message) => {
  const thrown = (): unknown => read(model(layer));
  expect(thrown).toThrow(message);
  expect(thrown).toThrow(/^x\.h5 holds a model that can't be read: /);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that a terminal obeys
  expect(thrown).not.toThrow(/[\x00-\x1f]/);
});

test.each<readonly [string, unknown]>([
  ['nothing', undefined],
  ['a list', []],
  ['no layers', model()],
  ['layers that are none', model(null)],
  ['a class that is no text', { class_name: 1 }],
  ['two layers of one name', model(dense(), dense())],
  ['an InputLayer in between', model(dense(), { class_name: 'InputLayer', config: { name: 'i', batch_shape: [null, 2] } })],
])('%s for a model is refused', (_, json) => {
  expect(() => read(json)).toThrow(/^x\.h5 holds a model that can't be read: (?!.*(undefined|TypeError))/);
});

test('a chain of a Functional model is read in its order, whichever the file has', () => {
  const input = { class_name: 'InputLayer', name: 'i', config: { name: 'i', batch_shape: [null, 3] }, inbound_nodes: [] };
  const node = (name: string): Json => ({
    args: [{ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } }],
    kwargs: {},
  });
  const layer = (name: string, before: string): Json => ({
    ...dense({ name, batch_input_shape: undefined }),
    name,
    inbound_nodes: [node(before)],
  });
  const functional = (...layers: readonly Json[]): Json => ({
    class_name: 'Functional',
    config: { name: 'f', layers, input_layers: [['i', 0, 0]], output_layers: [['b', 0, 0]] },
  });
  expect(read(functional(layer('b', 'a'), layer('a', 'i'), input), 3).model.layers.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(() => read(functional(input, layer('a', 'i'), layer('b', 'i')), 3)).toThrow(
    "layers 'a' and 'b' both follow on 'i': the model branches",
  );
  expect(() => read(functional(input, layer('a', 'b'), layer('b', 'a')), 3)).toThrow('whose layers are not a chain');
});

test('a fixed batch size is not kept, and said', () => {
  expect(read(model(dense({ batch_input_shape: [8, 3] }))).notes).toEqual(['its batches of 8 are not kept: batches may have any size']);
});

test.each([2, 3] as const)('what is written in the words of Keras %s is read again the same', version => {
  const made = read(
    model(dense({ activation: 'swish', kernel_regularizer: { class_name: 'L2', config: { l2: 0.25 } }, trainable: false })),
  ).model;
  const json = JSON.parse(JSON.stringify(modelToKeras(made, version)));
  expect(modelConfig(read(json, version).model)).toEqual(modelConfig(made));
});
