import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ImageDataGenerator } from '../src/data/generator.js';
import type { ImageIterator } from '../src/data/iterator.js';
import { MemoryPixels } from '../src/data/pixels.js';
import { setRandomSeed } from '../src/engine/random.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../src/formats/safetensors.js';
import { ArraySource } from '../src/nn/arrays.js';
import { adam } from '../src/nn/optimizers.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { extraOf } from '../src/run/extra.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

const FILE = 'x.safetensors';

/** A checkpoint after an epoch. */
let checkpoint = new Uint8Array();
beforeAll(async () => {
  setRandomSeed(31);
  const model = await tinyModel(new ReferenceExecutor(), adam());
  await model.fit(tinyData(), { epochs: 1, validationData: tinyData() });
  checkpoint = await writeCheckpoint(model, { classes: ['a', 'b', 'c'] });
});

/** The checkpoint with other tensors. */
function withTensors(change: (tensors: Map<string, StoredTensor>) => void): Uint8Array {
  const { tensors, metadata } = readSafetensors('it', checkpoint);
  const changed = new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
  change(changed);
  return writeSafetensors({ tensors: changed, metadata });
}

// biome-ignore lint/suspicious/noExplicitAny: JSON to be damaged anywhere.
type Json = any;

/** The checkpoint with another header. */
function withHeader(change: (header: Json) => void): Uint8Array {
  const { tensors, metadata } = readSafetensors('it', checkpoint);
  const header = JSON.parse(metadata.wgrad!);
  change(header);
  return writeSafetensors({ tensors, metadata: { wgrad: typeof header === 'string' ? header : JSON.stringify(header) } });
}

test('a checkpoint that is read and written again has the same bytes', async () => {
  const read = readCheckpoint(FILE, checkpoint);
  const model = await compileCheckpoint(read, new ReferenceExecutor());
  expect(Buffer.from(await writeCheckpoint(model, read.extra)).equals(Buffer.from(checkpoint))).toBe(true);
});

describe('a checkpoint is refused, by its name, where', () => {
  const number = (value: number) => (tensors: Map<string, StoredTensor>, name: string, index: number) => {
    tensors.get(name)!.data[index] = value;
  };
  test.each<[string, (tensors: Map<string, StoredTensor>) => void, string]>([
    ['a weight is NaN', tensors => number(NaN)(tensors, 'conv2d_1.kernel', 7), "'conv2d_1.kernel'[7] is NaN, wanted finite numbers only"],
    ['a weight is infinite', tensors => number(-Infinity)(tensors, 'dense.bias', 0), "'dense.bias'[0] is -Infinity"],
    ['a moment is NaN', tensors => number(NaN)(tensors, 'dense.kernel.velocity', 2), "'dense.kernel.velocity'[2] is NaN"],
    ['a weight is missing', tensors => tensors.delete('dense.bias'), "missing: 'dense.bias'; unknown: none"],
    [
      'a mean of squares is below 0',
      tensors => number(-1e-9)(tensors, 'dense.kernel.velocity', 2),
      "'dense.kernel.velocity'[2] is -9.999999717180685e-10, wanted numbers from 0 on",
    ],
    ['a moment is missing', tensors => tensors.delete('dense.bias.moment'), "missing: 'dense.bias.moment'; unknown: none"],
    ['a tensor is unknown', tensors => tensors.set('w', { shape: [1], data: Float32Array.of(1) }), "missing: none; unknown: 'w'"],
    [
      'a weight has whole numbers',
      tensors => tensors.set('dense.bias', { shape: [6], data: new Int32Array(6) }),
      "'dense.bias' is Int32Array, wanted float32",
    ],
    [
      'a dense kernel is transposed',
      tensors => tensors.set('dense_1.kernel', { ...tensors.get('dense_1.kernel')!, shape: [3, 6] }),
      "'dense_1.kernel' has shape [3, 6], the model wants [6, 3]: it has PyTorch's order; transpose its axes to (1, 0)",
    ],
    [
      'a convolution has the kernels of PyTorch',
      tensors => tensors.set('conv2d_1.kernel', { ...tensors.get('conv2d_1.kernel')!, shape: [5, 4, 2, 3] }),
      "'conv2d_1.kernel' has shape [5, 4, 2, 3], the model wants [2, 3, 4, 5]: it has PyTorch's order; transpose its axes to (2, 3, 1, 0)",
    ],
    [
      'a weight has as many numbers in another shape',
      tensors => tensors.set('dense_1.kernel', { ...tensors.get('dense_1.kernel')!, shape: [18] }),
      "'dense_1.kernel' has shape [18], the model wants [6, 3]: as many numbers, in another order",
    ],
    [
      'a moment has another shape',
      tensors => tensors.set('dense.bias.moment', { shape: [5], data: new Float32Array(5) }),
      "'dense.bias.moment' has shape [5], the model wants [6]",
    ],
  ])('%s', (_, change, message) => {
    const damaged = withTensors(change);
    expect(() => readCheckpoint(FILE, damaged)).toThrow(message);
    expect(() => readCheckpoint(FILE, damaged)).toThrow(/^x\.safetensors: /);
  });

  test.each<[string, (header: Json) => void, string]>([
    ['the format is another', header => (header.format = 2), 'it is of format 2; this version reads format 1'],
    ['the format is missing', header => delete header.format, 'it has no format; this version reads format 1'],
    ['the model is missing', header => delete header.model, 'model is missing, wanted an object'],
    ['the model is null', header => (header.model = null), 'model is null, wanted an object'],
    ['there are no layers', header => (header.model.layers = []), 'the first layer needs inputShape'],
    ['the layers are a text', header => (header.model.layers = 'all'), "model.layers is 'all', wanted a list"],
    ['a layer is null', header => (header.model.layers[1] = null), 'model.layers[1] is null, wanted an object'],
    [
      'a layer has an unknown class',
      header => (header.model.layers[1].className = 'Lambda'),
      "model.layers[1].className is 'Lambda', wanted 'Conv2D'",
    ],
    [
      'a layer has a class by the name of a method',
      header => (header.model.layers[1].className = 'constructor'),
      "className is 'constructor'",
    ],
    ['a layer has no config', header => delete header.model.layers[0].config, 'model.layers[0].config is missing'],
    [
      'a layer has half a filter',
      header => (header.model.layers[0].config.filters = 4.5),
      'model.layers[0].config.filters is 4.5, wanted a whole number',
    ],
    [
      'a kernel has one side',
      header => (header.model.layers[0].config.kernelSize = [3]),
      'config.kernelSize is a list of 1, wanted a list of 2',
    ],
    [
      'a layer has an unknown field',
      header => (header.model.layers[0].config.groups = 2),
      "model.layers[0].config has an entry 'groups', wanted filters",
    ],
    [
      'an activation is unknown',
      header => (header.model.layers[0].config.activation = 'mish'),
      "config.activation is 'mish', wanted 'linear' or",
    ],
    ['a rate is over 1', header => (header.model.layers[4].config.rate = 2), 'config.rate is 2, wanted a number from 0 to 1'],
    [
      'a layer has a name that a terminal obeys',
      header => (header.model.layers[2].name = '\u001b[2J'),
      "name is '\\u001b[2J', wanted a name without",
    ],
    ['two layers have one name', header => (header.model.layers[2].name = 'conv2d'), "two layers are named 'conv2d'"],
    ['layers do not fit', header => (header.model.layers[0].inputShape = [2, 2, 2]), "layer 'conv2d': conv2d: kernel 3 > input 2"],
    ['the seed is a text', header => (header.model.seed = '4'), "model.seed is '4', wanted a whole number from 0 to 4294967295"],
    ['what it is compiled with is null', header => (header.compile = null), 'compile is null, wanted an object'],
    [
      'the optimizer is unknown',
      header => (header.compile.optimizer.name = 'lion'),
      "compile.optimizer.name is 'lion', wanted 'adam' or 'adamw' or 'rmsprop' or 'sgd'",
    ],
    [
      'the learning rate is null',
      header => (header.compile.optimizer.learningRate = null),
      'compile.optimizer.learningRate is null, wanted a number',
    ],
    ['a beta is missing', header => delete header.compile.optimizer.config.beta1, 'compile.optimizer.config.beta1 is missing'],
    ['the config has a rate', header => (header.compile.optimizer.config.learningRate = 9), "config has an entry 'learningRate'"],
    ['a beta is 1', header => (header.compile.optimizer.config.beta1 = 1), 'adam: beta1 is 1'],
    ['the loss is a text', header => (header.compile.loss = 'mse'), "compile.loss is 'mse', wanted an object"],
    [
      'the loss does not fit',
      header => (header.model.layers[6].config.activation = 'relu'),
      'from logits needs a last layer with activation',
    ],
    [
      'the last layer gives a picture',
      header => (header.model.layers.length = 1),
      'compile: categoricalCrossentropy from logits needs a last layer',
    ],
    ['a metric is unknown', header => (header.compile.metrics = ['f1']), "compile.metrics[0] is 'f1', wanted 'acc' or 'accuracy' or"],
    ['the step is below 0', header => (header.step = -1), 'step is -1, wanted a whole number of at least 0'],
    ['the rows are a text', header => (header.rowsTrained = '5'), "rowsTrained is '5'"],
    ['the training is a list', header => (header.training = []), 'training is a list of 0, wanted an object'],
    [
      'more batches are done than there are',
      header => (header.training.batch = 6),
      'training.batch is 6, wanted at most the 5 of training.order',
    ],
    ['a batch comes twice', header => (header.training.order[1] = header.training.order[0]), 'wanted each of 0 to 4 once'],
    [
      'a generator has too few words',
      header => header.training.numpy.key.pop(),
      'training.numpy.key is a list of 623, wanted a list of 624',
    ],
    ['a generator has a word of 33 bits', header => (header.training.python.key[3] = 2 ** 32), 'training.python.key[3] is 4294967296'],
    ['a generator stands beyond its words', header => (header.training.python.position = 625), 'training.python.position is 625'],
    ['the history has a text', header => (header.training.history.loss[0] = 'low'), "training.history.loss[0] is 'low', wanted a number"],
    ['the sum of losses is null', header => (header.training.totals.loss = null), 'training.totals.loss is null'],
    ['the extra is a text', header => (header.extra = 'much'), "extra is 'much', wanted an object"],
    ['a field is unknown', header => (header.out = '/tmp/x'), "it has an entry 'out', wanted format, model"],
  ])('%s', (_, change, message) => {
    const damaged = withHeader(change);
    expect(() => readCheckpoint(FILE, damaged)).toThrow(message);
    expect(() => readCheckpoint(FILE, damaged)).toThrow(/^x\.safetensors is not a checkpoint that can be read: /);
  });

  test.each(['', '{', '[]', '3', 'null', '{"format":1,"format":1}', '{"format":1'.padEnd(1000)])('its header is %s', json => {
    const { tensors } = readSafetensors('it', checkpoint);
    const damaged = writeSafetensors({ tensors, metadata: { wgrad: json } });
    expect(() => readCheckpoint(FILE, damaged)).toThrow(/^x\.safetensors is not a checkpoint that can be read: /);
  });
});

describe('what `wgrad train` keeps is refused, by the name of the file, where', () => {
  const settings = { seed: 1, batchSize: 5, imageSize: [9, 11], loss: 'logits', compat: 'keras-2.9', augment: false };
  const good = { classes: ['a', 'b', 'c'], rescale: 1 / 255, best: 0.5, settings };
  const extra = (change: object) =>
    extraOf(
      FILE,
      readCheckpoint(
        FILE,
        withHeader(header => Object.assign(header, { extra: change })),
      ),
    );

  test('nothing is: it is read, and what else stands there is not', () => {
    expect(extra({ ...good, out: '/tmp/x', settings: { ...settings, out: '/tmp/x' } })).toEqual(good);
  });

  test.each<[string, object, string]>([
    [
      'a setting has another type',
      { ...good, settings: { ...settings, batchSize: '5' } },
      "extra.settings.batchSize is '5', wanted a whole number",
    ],
    ['a setting is out of range', { ...good, settings: { ...settings, seed: -1 } }, 'extra.settings.seed is -1, wanted a whole number'],
    ['a setting is missing', { ...good, settings: { ...settings, augment: undefined } }, 'extra.settings.augment is missing'],
    [
      'a setting is unknown here',
      { ...good, settings: { ...settings, compat: 'x' } },
      "extra.settings.compat is 'x', wanted 'keras-2.9' or",
    ],
    ['the settings are a list', { ...good, settings: [] }, 'extra.settings is a list of 0, wanted an object'],
    ['the images have another size', { ...good, settings: { ...settings, imageSize: [9, 9] } }, 'imageSize is 9x9, the model takes 9x11'],
    ['the scale is no number', { ...good, rescale: null }, 'extra.rescale is null, wanted a number'],
    ['the scale is beyond float32', { ...good, rescale: 1e300 }, 'extra.rescale is 1e+300, wanted a number from -1000000 to 1000000'],
    ['the best is a text', { ...good, best: '0' }, "extra.best is '0', wanted a number"],
    ['the classes are a text', { ...good, classes: 'abc' }, "extra.classes is 'abc', wanted a list"],
    ['a class is a number', { ...good, classes: ['a', 2, 'c'] }, 'extra.classes[1] is 2, wanted a text'],
    ['there are too few classes', { ...good, classes: ['a'] }, "extra.classes are 1, wanted one for each of the model's 3 outputs"],
    ['a class stands there twice', { ...good, classes: ['a', 'b', 'a'] }, "extra.classes has 'a' twice"],
  ])('%s', (_, change, message) => {
    expect(() => extra(change)).toThrow(message);
    expect(() => extra(change)).toThrow(/^x\.safetensors is not a checkpoint that can be used: /);
  });
});

describe('pictures are told from others', () => {
  const images = (classes: readonly number[], filenames: readonly string[]): ImageIterator =>
    new ImageDataGenerator().flow({
      pixels: new MemoryPixels(new Uint8Array(classes.length), 1),
      height: 1,
      width: 1,
      channels: 1,
      classes,
      classNames: ['9', '10'],
      filenames,
    });
  const before = images([0, 0, 1], ['9/a.png', '9/b.png', '10/c.png']);
  before.batch(0);
  const saved = JSON.parse(JSON.stringify(before.save()));

  test('the same go on, also where folders are separated by a backslash', () => {
    for (const filenames of [before.filenames, before.filenames.map(name => name.replace('/', '\\'))]) {
      const same = images([0, 0, 1], filenames);
      same.restore(saved);
      expect(same.save()).toEqual(before.save());
    }
  });

  test.each<[string, readonly number[], readonly string[], string]>([
    [
      'one more',
      [0, 0, 1, 1],
      ['9/a.png', '9/b.png', '10/c.png', '10/d.png'],
      "the run had 3 pictures, there are 4 now: 1 more of class '10'",
    ],
    ['another name', [0, 0, 1], ['9/a.png', '9/x.png', '10/c.png'], 'there are 3 now: as many of each class, but some with other names'],
    [
      'another order',
      [0, 0, 1],
      ['9/b.png', '9/a.png', '10/c.png'],
      'as many of each class, but some with other names or labels, or in another order',
    ],
    ['another class', [0, 1, 1], before.filenames, "1 fewer of class '9', 1 more of class '10'"],
  ])('%s', (_, classes, filenames, message) => {
    expect(() => images(classes, filenames).restore(saved)).toThrow(message);
  });

  test.each<[string, object | undefined, string]>([
    ['is missing', undefined, 'where the pictures stood is missing, wanted an object'],
    ['has a picture twice', { ...saved, indexArray: [0, 0, 1] }, 'indexArray[1] is 0, wanted each of 0 to 2 once'],
    ['counts batches below 0', { ...saved, batchesSeen: -1 }, 'batchesSeen is -1, wanted a whole number'],
    ['has a list of no kind', { ...saved, list: [] }, 'list is a list of 0, wanted an object'],
    [
      'is of more pictures, and of an older version',
      { indexArray: [0, 1, 2, 3], batchesSeen: 1 },
      'the run had 4 pictures, there are 3 now',
    ],
  ])('a state that %s is refused', (_, state, message) => {
    expect(() => before.restore(state)).toThrow(message);
  });
});

test('arrays of another length do not go on, and nothing but a whole order', () => {
  const arrays = (rows: number) => new ArraySource(new Float32Array(rows), [1]);
  expect(() => arrays(4).restore({ order: [2, 0, 1] })).toThrow('resume: the arrays had 3 rows, they have 4 now');
  expect(() => arrays(3).restore({ order: [2, 0, 2] })).toThrow('where the arrays stood.order[2] is 2, wanted each of 0 to 2 once');
  expect(() => arrays(3).restore(null)).toThrow('where the arrays stood is null, wanted an object');
});

test('a model is not saved with a number that is not finite', async () => {
  const model = await tinyModel(new ReferenceExecutor(), adam());
  const { executor, parameters } = model.compiled;
  const { velocity } = parameters[0]!.slots;
  const values = await executor.read(velocity!);
  values[3] = Infinity;
  executor.write(velocity!, values);
  await expect(writeCheckpoint(model)).rejects.toThrow("the model: 'conv2d.kernel.velocity'[3] is Infinity, wanted finite numbers only");
  const path = join(tmpdir(), `wgrad-${process.pid}.safetensors`);
  await writeFile(path, 'before');
  await expect(saveCheckpoint(path, model)).rejects.toThrow(`${path} is not written: the model: 'conv2d.kernel.velocity'[3] is Infinity`);
  expect(await readFile(path, 'utf8')).toBe('before');
  await rm(path);
});
