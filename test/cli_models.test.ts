import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import { colorModeOf } from '../src/data/resize.js';
import { compileCheckpoint } from '../src/formats/checkpoint.js';
import { loadCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { ROUTES } from '../src/studio/protocol.js';
import { trainingFolders } from './helpers/pictures.js';
import { runCommand } from './helpers/run_command.js';
import { hasShared, shared } from './helpers/shared.js';
import { startStudio } from './helpers/studio.js';

const { train, validation, work } = await trainingFolders(3, 2);
const golden = (name: string): string => join(shared, 'goldens/formats', name);
const cpu = (...args: string[]) => runCommand([...args, '--device', 'cpu']);
const pictures = ['blue/0.png', 'blue/1.png', 'red/0.png', 'red/1.png'].map(name => join(validation, name));
const arguments_ = (out: string, ...more: string[]): string[] => [
  ...['train', '--train', train, '--validation', validation, '--seed', '5', '--epochs', '1', '--no-augment', '--out', join(work, out)],
  ...more,
];
const last = (out: string): string => join(work, out, 'last.safetensors');

/** What a model makes of the pictures, as the library reads both. */
async function predictionsOf(file: string): Promise<number[]> {
  const checkpoint = await loadCheckpoint(file);
  const [height, width, channels] = checkpoint.model.inputShape as [number, number, number];
  const model = await compileCheckpoint(checkpoint, new ReferenceExecutor());
  const flow = { targetSize: [height, width], colorMode: colorModeOf(channels)!, shuffle: false } as const;
  return [...(await model.predict(await imageDataGenerator({ rescale: 1 / 255 }).flowFromDirectory(validation, flow)))];
}

const probabilitiesIn = (stdout: string): number[][] =>
  stdout
    .trim()
    .split('\n')
    .map(line => Object.values(JSON.parse(line).probs));

describe.skipIf(!hasShared('goldens/formats'))('model files of other programs', () => {
  test.each(['keras216_grey.h5', 'keras224_rgb.model', 'tf212_grey.keras', 'tf_keras_grey.model', 'keras3_sgd.keras', 'tfjs_shards'])(
    'predict and summary open %s',
    async name => {
      const { code, stdout, stderr } = await cpu('predict', golden(name), ...pictures, '--json');
      expect(code, stderr).toBe(0);
      const wanted = await predictionsOf(golden(name));
      const units = wanted.length / 4;
      for (const [i, found] of probabilitiesIn(stdout).entries()) {
        const row = wanted.slice(i * units, (i + 1) * units);
        for (const [u, p] of (units === 1 ? [1 - row[0]!, row[0]!] : row).entries()) expect(found[u]).toBeCloseTo(p, 6);
      }
      expect((await runCommand(['summary', golden(name)])).stdout).toMatch(/Total params/);
    },
  );

  test('evaluate and explain, with names from --classes, in its order', async () => {
    const file = golden('tf24_grey.model');
    const given = ['--data', validation, '--classes', 'red,blue', '--json'];
    const evaluated = await cpu('evaluate', file, ...given);
    const shares = await predictionsOf(file);
    const predicted = shares.map(share => (share > 0.5 ? 1 : 0));
    const confusion = [
      [0, 0],
      [0, 0],
    ];
    for (const [i, label] of [1, 1, 0, 0].entries()) confusion[label]![predicted[i]!]! += 1;
    expect(JSON.parse(evaluated.stdout).confusion).toEqual(confusion);
    const explained = await cpu('explain', file, pictures[0]!, ...given, '--out', join(work, 'explained'));
    expect(explained.code, explained.stderr).toBe(0);
    expect(Object.keys(JSON.parse(explained.stdout.split('\n')[0]!).probs)).toEqual(['red', 'blue']);
  });

  test('the studio opens one from the command line, and another from its page', async () => {
    const args = ['--data', validation, '--no-open', '--runs', work, '--device', 'cpu'];
    const copy = join(work, 'copy.h5');
    await cp(golden('tf_keras_grey.h5'), copy);
    const studio = await startStudio(['studio', golden('keras3_grey.keras'), ...args, '--classes', 'no,yes']);
    const page = await studio.connect();
    const refused = await page.until('error', () => true);
    expect(refused.message).toContain("has the classes 'blue', 'red'; wanted those of");
    page.send({ type: 'open', model: copy, data: validation });
    const { model } = await page.until('model', ({ model: { from } }) => from === copy);
    expect([model.classes, model.inputShape]).toEqual([
      ['blue', 'red'],
      [21, 18, 1],
    ]);
    const { status } = await studio.fetch(`${ROUTES.gallery}?set=validation&count=3`);
    expect(status).toBe(200);
    page.close();
    await studio.end();
  });

  test('--resume goes on from their moments', async () => {
    const { code, stderr } = await cpu(...arguments_('on', '--resume', golden('tf_keras_grey.h5')));
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('adam resumes from step 3, learning rate 0.001');
    const { step, moments } = await loadCheckpoint(last('on'));
    const before = await loadCheckpoint(golden('tf_keras_grey.h5'));
    const [name, values] = [...before.moments].find(([each]) => each.endsWith('velocity'))!;
    // Of Adam's second moment, a step leaves 0.999.
    expect(step).toBe(4);
    values.forEach((value, i) => {
      expect(moments.get(name)![i]!).toBeGreaterThanOrEqual(0.998 * value);
    });
  });

  test('a file that training can’t go on with says why and what to do, and that can be done', async () => {
    const file = golden('bad_amsgrad.h5');
    const { code, stderr } = await cpu(...arguments_('amsgrad', '--resume', file));
    expect(stderr).toMatch(
      /bad_amsgrad\.h5 can't be trained on: .*amsgrad.*\. --network .*bad_amsgrad\.h5 --keep-weights begins a new run/,
    );
    expect(code).toBe(1);
    const begun = await cpu(...arguments_('amsgrad', '--network', file, '--keep-weights', '--freeze', 'flatten_13'));
    expect(begun.code, begun.stderr).toBe(0);
    expect(begun.stderr).toContain('What is trained now has Adam and binary cross-entropy.');
    const [before, after] = await Promise.all([file, last('amsgrad')].map(async path => (await loadCheckpoint(path)).model.getWeights()));
    expect(after!['conv2d.kernel']).toEqual(before!['conv2d.kernel']);
  });

  test('a file of weights alone needs the file of its network', async () => {
    const weights = golden('keras224_grey.weights.hdf5');
    const alone = await cpu('predict', weights, pictures[0]!);
    expect(alone.stderr).toContain('--network');
    expect(alone.code).toBe(1);
    const { code, stdout, stderr } = await cpu('predict', weights, ...pictures, '--network', golden('keras224_grey.h5'), '--json');
    expect(code, stderr).toBe(0);
    const wanted = await predictionsOf(golden('keras224_grey.h5'));
    for (const [i, found] of probabilitiesIn(stdout).entries()) expect(found[1]).toBeCloseTo(wanted[i]!, 6);
  });

  test('a weights file of Keras 3 goes on from its moments, with the file of its network', async () => {
    const { code, stderr } = await cpu(
      ...arguments_('weights', '--resume', golden('keras3_grey.weights.h5'), '--network', golden('keras3_grey.keras')),
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('adam resumes from step 3');
    expect((await loadCheckpoint(last('weights'))).step).toBe(4);
  });

  test('weights that are no numbers can be looked at, and not be trained', async () => {
    const { code, stderr } = await cpu(...arguments_('nan', '--network', golden('odd_nan.h5'), '--keep-weights'));
    expect(stderr).toContain("odd_nan.h5: 'dense_1.kernel'[0] is NaN, wanted finite numbers only");
    expect(code).toBe(1);
  });
});

/** What model.to_json() of Keras gives. */
const KERAS_JSON = {
  class_name: 'Sequential',
  config: {
    name: 'mine',
    layers: [
      { class_name: 'InputLayer', config: { batch_input_shape: [null, 20, 20, 1], dtype: 'float32', sparse: false, name: 'input' } },
      {
        class_name: 'Conv2D',
        config: { name: 'a', filters: 2, kernel_size: [5, 5], strides: [3, 3], padding: 'valid', activation: 'relu' },
      },
      { class_name: 'Flatten', config: { name: 'flatten' } },
      { class_name: 'Dense', config: { name: 'out', units: 2, activation: 'softmax' } },
    ],
  },
  keras_version: '2.15.0',
  backend: 'tensorflow',
};

describe("Keras' JSON of a network", () => {
  const file = join(work, 'mine.json');

  test('is trained with new weights', async () => {
    await writeFile(file, JSON.stringify(KERAS_JSON));
    expect((await runCommand(['summary', file])).stdout).toContain('a (Conv2D)');
    const { code, stderr } = await cpu(...arguments_('json', '--network', file));
    expect(code, stderr).toBe(0);
    expect((await loadCheckpoint(last('json'))).model.inputShape).toEqual([20, 20, 1]);
    const [input, first, ...rest] = KERAS_JSON.config.layers as [object, { readonly config: object }, ...object[]];
    const frozen = [input, { ...first, config: { ...first.config, trainable: false } }, ...rest];
    await writeFile(join(work, 'frozen.json'), JSON.stringify({ ...KERAS_JSON, config: { name: 'mine', layers: frozen } }));
    const half = await cpu(...arguments_('half', '--network', join(work, 'frozen.json')));
    expect(half.stderr).toContain("frozen.json has layers that are not trained, 'a': they stay as their new weights are drawn.");
    const kept = await cpu(...arguments_('kept', '--network', file, '--keep-weights'));
    expect(kept.stderr).toContain(`--keep-weights: ${file} has layers, and no weights`);
    const used = await cpu('predict', file, pictures[0]!);
    expect(used.stderr).toContain('mine.json');
    expect([kept.code, used.code]).toEqual([1, 1]);
  });

  test.each<[string, (layers: unknown[]) => unknown[], string]>([
    ['with a layer that is not known', layers => [...layers, { class_name: 'Lambda', config: { name: 'code' } }], 'Lambda'],
    [
      'too large for the memory',
      ([, ...layers]) => [{ class_name: 'InputLayer', config: { name: 'input', batch_input_shape: [null, 40000, 40000, 1] } }, ...layers],
      'refused.json takes 40000x40000: 6 images would take',
    ],
  ])('%s is refused', async (_, change, message) => {
    const path = join(work, 'refused.json');
    await writeFile(path, JSON.stringify({ ...KERAS_JSON, config: { name: 'mine', layers: change(KERAS_JSON.config.layers) } }));
    const { code, stderr, stdout } = await cpu(...arguments_('refused', '--network', path));
    expect(stderr).toContain(message);
    expect(stdout).not.toContain('epoch 1/');
    expect(code).toBe(1);
  });
});
