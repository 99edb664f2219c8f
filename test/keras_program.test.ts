import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeProgram } from '../src/cli/program.js';
import { kerasProgram } from '../src/formats/keras/program.js';
import { pythonOf } from '../src/formats/keras/python.js';
import { compileConfig } from '../src/nn/config.js';
import type { Layer } from '../src/nn/layers/layer.js';
import { activation, conv2d, dense, flatten } from '../src/nn/layers.js';
import type { Loss } from '../src/nn/losses.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam, adamW, type Optimizer, rmsprop, sgd } from '../src/nn/optimizers.js';
import { l1L2 } from '../src/nn/regularizers.js';
import { exponentialDecay } from '../src/nn/schedules.js';
import { loadCheckpoint, saveCheckpoint } from '../src/node/files.js';
import { packageRoot } from '../src/node/paths.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import committed from './fixtures/keras_program.json' with { type: 'json' };

const run = promisify(execFile);
let work = '';
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'wgrad-program-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** A Python to read programs with, if the machine has one. */
async function findPython(): Promise<string | undefined> {
  for (const name of ['python3', 'python']) {
    const found = await run(name, ['-c', 'import sys; print(sys.version_info >= (3, 8))']).catch(() => undefined);
    if (found?.stdout.trim() === 'True') return name;
  }
  return undefined;
}

/** Texts that end a literal in some language or other, and a name for each of them. */
const HOSTILE = [
  '"); import os; os.system("x',
  '\'\'\'\n"""',
  '\\',
  '\\"); x(',
  '$HOME $(x) {0} %s $& $`',
  '\u2028\r\n\t',
  'ä€𝄞',
  '# ',
  '__proto__',
];

const settings = {
  classes: HOSTILE,
  classCount: HOSTILE.length,
  rescale: 1 / 255,
  colorMode: 'rgb',
  augmentation: {},
  batchSize: 10,
  seed: 7,
};

async function compiled(
  layers: readonly Layer[],
  { loss = 'binaryCrossentropy' as Loss, optimizer = adam(), metrics = ['acc'] } = {},
): Promise<Sequential> {
  const model = sequential(layers, { name: 'x"); import os', seed: 1 });
  await model.compile({ loss, optimizer, metrics, executor: new ReferenceExecutor() });
  return model;
}

async function programOf(model: Sequential): Promise<string> {
  const template = await readFile(join(packageRoot, 'programs', 'train_keras.py'), 'utf8');
  return kerasProgram(template, model, compileConfig(model.compiled), 3, settings);
}

const hostileModel = (): Promise<Sequential> =>
  compiled([
    conv2d(2, 3, { name: HOSTILE[0]!, activation: 'relu', inputShape: [5, 5, 3] }),
    conv2d(2, 3, { name: '"); import os', kernelRegularizer: l1L2({ l1: 0.1, l2: 0.2 }) }),
    flatten({ name: HOSTILE[1]! }),
    dense(2, { name: HOSTILE[2]!, trainable: false }),
    dense(HOSTILE.length, { name: HOSTILE[3]!, activation: 'softmax' }),
  ]);

test('names of classes and layers are texts in the program, whatever they hold', async () => {
  const model = await hostileModel();
  const text = await programOf(model);
  expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  expect(text).not.toContain('<<< the model');
  const python = await findPython();
  if (python === undefined)
    return console.log('not run: whether Python reads the programs of `wgrad export`, as there is no Python 3 here');
  const file = join(work, 'train.py');
  await writeFile(file, text);
  const read = `
import ast, json, sys
tree = ast.parse(open(sys.argv[1], encoding="utf-8").read())
config = next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "CONFIG")
imports = sorted({alias.name for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names})
network = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "network")
called = [node.func.attr for node in ast.walk(network) if isinstance(node, ast.Call)]
print(json.dumps({"config": config, "imports": imports, "called": called}))`;
  const { stdout } = await run(python, ['-I', '-c', read, file]);
  const found = JSON.parse(stdout);
  expect(found.config).toMatchObject({ classes: HOSTILE, step: 3, seed: 7, image_size: [5, 5], class_mode: 'categorical' });
  expect(found.config.weights.flat()).toEqual(model.weightSpecs.map(({ name }) => name));
  expect(found.imports).toEqual([
    'argparse',
    'contextlib',
    'image',
    'itertools',
    'jax',
    'json',
    'keras',
    'numpy',
    'os',
    'tempfile',
    'tensorflow',
    'tf_keras',
  ]);
  expect(found.called).toEqual(['Conv2D', 'Conv2D', 'Flatten', 'Dense', 'Dense']);
});

test("a text is Python's in ASCII", () => {
  expect(pythonOf(['a"\\\n', 'é€𝄞', '\ud800', true, null, 1e-7, { a: undefined, b: [] }])).toBe(
    '["a\\"\\\\\\n", "\\u00e9\\u20ac\\U0001d11e", "\\ud800", True, None, 1e-7, {"b": []}]',
  );
});

describe('the program says in Keras what the model is trained by', () => {
  const layers = (...last: Layer[]): Layer[] => [flatten({ inputShape: [4, 4, 1] }), ...last];
  test.each<[string, Layer[], { loss?: Loss; optimizer?: Optimizer }, string[]]>([
    [
      'two outputs, logits',
      layers(dense(2, { activation: 'softmax' })),
      {},
      [
        'layers.Dense(units=2, activation="linear", name="dense"),',
        'loss = keras.losses.BinaryCrossentropy(from_logits=True)',
        'return loss, [keras.metrics.CategoricalAccuracy(name="acc")]',
        'return keras.optimizers.Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)',
        '"slots": {"momentums": ["dense.kernel.moment", "dense.bias.moment"], "velocities": ["dense.kernel.velocity", "dense.bias.velocity"]}',
      ],
    ],
    [
      'one output, its activation a layer',
      layers(dense(1), activation('sigmoid')),
      { optimizer: sgd({ momentum: 0.9, nesterov: true, clipnorm: 1 }) },
      [
        'layers.Activation(activation="linear", name="activation"),',
        '[keras.metrics.BinaryAccuracy(name="acc", threshold=0)]',
        'keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, nesterov=True, clipnorm=1)',
        '"slots": {"momentums": ["dense.kernel.velocity", "dense.bias.velocity"]}',
        '"class_mode": "binary"',
      ],
    ],
    [
      'probabilities',
      layers(dense(3, { activation: 'softmax' })),
      { loss: { name: 'categoricalCrossentropy', from: 'probs' }, optimizer: rmsprop({ momentum: 0.5 }) },
      [
        'layers.Dense(units=3, activation="softmax", name="dense"),\n        layers.Rescaling(1.0),',
        'keras.losses.CategoricalCrossentropy()',
        '"slots": {"velocities": [',
        '"momentums": ["dense.kernel.momentum"',
      ],
    ],
    [
      'labels by number',
      layers(dense(3, { activation: 'softmax' })),
      { loss: 'sparseCategoricalCrossentropy' },
      [
        'keras.losses.SparseCategoricalCrossentropy(from_logits=True)',
        'keras.metrics.SparseCategoricalAccuracy(name="acc")',
        '"class_mode": "sparse"',
      ],
    ],
    [
      'smoothed labels',
      layers(dense(3, { activation: 'softmax' })),
      { loss: { name: 'categoricalCrossentropy', labelSmoothing: 0.1 } },
      ['keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)'],
    ],
    [
      'a mean error',
      layers(dense(3, { activation: 'softmax' })),
      { loss: 'meanSquaredError' },
      ['keras.losses.MeanSquaredError()', 'layers.Dense(units=3, activation="softmax", name="dense"),\n    ]'],
    ],
    [
      'logits that the model itself gives',
      layers(dense(1)),
      { loss: { name: 'binaryCrossentropy', from: 'logits' } },
      ['keras.losses.BinaryCrossentropy(from_logits=True)', '[keras.metrics.BinaryAccuracy(name="acc")]'],
    ],
    [
      'a schedule',
      layers(dense(2, { activation: 'softmax' })),
      { optimizer: adamW({ learningRate: exponentialDecay({ initialLearningRate: 0.01, decaySteps: 5, decayRate: 0.5 }) }) },
      [
        'keras.optimizers.AdamW(learning_rate=keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=0.01, decay_steps=5, decay_rate=0.5',
      ],
    ],
  ])('%s', async (_, made, options, wanted) => {
    const text = await programOf(await compiled(made, options));
    for (const line of wanted) expect(text).toContain(line);
  });
});

test('wgrad export writes both files, and over none that is there', async () => {
  const model = await compiled([flatten({ inputShape: [4, 4, 3] }), dense(2, { activation: 'softmax' })]);
  const file = join(work, 'model.safetensors');
  await saveCheckpoint(file, model, { classes: ['no', '"); import os'], rescale: 0.5 });
  const folder = join(work, 'out');
  const command = async (...args: string[]): Promise<string> => {
    const said: string[] = [];
    const spies = [
      vi.spyOn(console, 'log').mockImplementation(text => said.push(String(text))),
      vi.spyOn(process.stderr, 'write').mockImplementation(text => said.push(String(text)) > 0),
    ];
    try {
      const exit = (code: number): never => {
        throw new Error(`exit ${code}`);
      };
      await makeProgram(exit)
        .parseAsync(['node', 'wgrad', 'export', ...args])
        .catch(() => {});
    } finally {
      for (const spy of spies) spy.mockRestore();
      process.exitCode = 0;
    }
    return said.join('\n');
  };
  expect(await command('--program', 'keras', file, folder)).toMatch(
    /model\.safetensors and train\.py\. Train further with: python .*train\.py --train DIR/,
  );
  const text = await readFile(join(folder, 'train.py'), 'utf8');
  expect(text).toContain('"rescale": 0.5');
  expect(text).toContain('"classes": ["no", "\\"); import os"]');
  const { model: read, extra } = await loadCheckpoint(join(folder, 'model.safetensors'));
  expect(await read.getWeights()).toEqual(await model.getWeights());
  expect(extra).toEqual({ classes: ['no', '"); import os'], rescale: 0.5 });
  expect(await command('--program', 'keras', file, folder)).toMatch(
    /model\.safetensors is there already: give another folder, or write over it by --overwrite/,
  );
  expect(await command('--program', 'keras', file, folder, '--overwrite')).toMatch(/Train further with/);
  expect(await command(file, folder)).toMatch(/required option '--program <keras>' not specified/);
  expect(await command('--program', 'torch', file, folder)).toMatch(/wanted 'keras'|keras/);
});

test("what real Keras made of the program agrees with what went on here: test/keras/program.mjs's output", () => {
  for (const [name, { losses, ...ways }] of Object.entries(committed.results)) {
    expect(losses).toHaveLength(4);
    for (const [way, { first, loss, val_loss: validation, accuracy, weights, steps }] of Object.entries(ways)) {
      const what = `${name}: ${way}`;
      expect(Math.abs(first), what).toBeLessThan(1e-6);
      expect(Math.max(loss, validation), what).toBeLessThan(1e-5);
      expect(weights, what).toBeLessThan(1e-5);
      expect(accuracy, what).toBeLessThan(1e-6);
      expect(steps, what).toBe(4);
    }
  }
});
