import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import { setRandomSeed } from '../src/engine/random.js';
import { modelJson } from '../src/formats/keras/model_json.js';
import { readSafetensors } from '../src/formats/safetensors.js';
import { modelConfig, readModel } from '../src/nn/config.js';
import { conv2d, dense, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { sgd } from '../src/nn/optimizers.js';
import { loadCheckpoint, saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { pictureFolder, trainingFolders } from './helpers/pictures.js';
import { runCommand } from './helpers/run_command.js';

const { train, validation, work } = await trainingFolders(6, 3);
const network = join(work, 'network.safetensors');
const single = join(work, 'single.safetensors');
const optimizer = sgd({ learningRate: 0.02, momentum: 0.9 });
const loss = 'categoricalCrossentropy';

beforeAll(async () => {
  const executor = new ReferenceExecutor();
  const start = (): ReturnType<typeof conv2d>[] => [
    conv2d(4, [3, 3], { activation: 'relu', inputShape: [20, 20, 3], name: 'first' }),
    maxPooling2d(4),
    flatten(),
  ];
  const two = sequential([...start(), dense(6, { activation: 'relu' }), dense(2, { activation: 'softmax', name: 'last' })], { seed: 1 });
  await two.compile({ optimizer, loss, executor });
  const x = Float32Array.from({ length: 10 * 1200 }, (_, i) => (i % 17) / 17);
  const y = Float32Array.from({ length: 20 }, (_, i) => Number(i % 4 === 0 || i % 4 === 3));
  await two.fit({ x, y, batchSize: 5 }, { epochs: 2 });
  // As another program's file: it has moments and steps, and no run of ours.
  two.training = undefined;
  await saveCheckpoint(network, two, {});
  const one = sequential([...start(), dense(1, { activation: 'sigmoid' })], { seed: 1 });
  await one.compile({ loss: 'binaryCrossentropy', executor });
  await saveCheckpoint(single, one, {});
});

const arguments_ = (out: string, ...more: string[]): string[] => [
  ...['train', '--train', train, '--validation', validation, '--seed', '5', '--epochs', '1', '--no-augment', '--device', 'cpu'],
  ...['--out', join(work, out), ...more],
];
const tensorsOf = async (path: string) => readSafetensors(path, await readFile(path)).tensors;
const last = (out: string): string => join(work, out, 'last.safetensors');

/** Weights and moments after an epoch that the library trains, as the command is to. */
async function trained(model: Sequential, step = 0, moments: ReadonlyMap<string, Float32Array> = new Map()): Promise<Sequential> {
  setRandomSeed(5);
  await model.compile({ optimizer, loss, metrics: ['acc'], executor: new ReferenceExecutor() });
  for (const { slots } of model.compiled.parameters) {
    for (const slot of Object.values(slots)) {
      const kept = moments.get(slot.name);
      if (kept) model.compiled.executor.write(slot, kept);
    }
  }
  model.step = step;
  const generator = imageDataGenerator({ rescale: 1 / 255 });
  const flow = { targetSize: [20, 20], batchSize: 10 } as const;
  const data = await generator.flowFromDirectory(train, flow);
  await model.fit(data, { epochs: 1, validationData: await generator.flowFromDirectory(validation, flow) });
  return model;
}

async function expectSame(out: string, model: Sequential): Promise<void> {
  const found = await tensorsOf(last(out));
  for (const [name, values] of Object.entries(await model.getWeights())) expect(found.get(name)!.data, name).toEqual(values);
}

describe('--network', () => {
  test("trains a file's layers with new weights from the seed, by its loss and optimizer", async () => {
    const { code, stdout, stderr } = await runCommand(arguments_('new', '--network', network));
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Seed 5');
    expect(stderr).toContain("does not say what pictures' bytes are multiplied with: 1/255 is taken");
    const { model } = await loadCheckpoint(network);
    await expectSame('new', await trained(readModel({ ...modelConfig(model), seed: 5 }, '')));
    const { step, compile } = await loadCheckpoint(last('new'));
    expect([step, compile!.loss.name, compile!.optimizer.name]).toEqual([2, loss, 'sgd']);
  });

  test('with --keep-weights and --freeze, only the layers that are not named change; a run that goes on keeps both', async () => {
    const begun = await runCommand(arguments_('kept', '--network', network, '--keep-weights', '--freeze', 'first', 'dense'));
    expect(begun.code, begun.stderr).toBe(0);
    const goOn = ['--train', train, '--validation', validation, '--device', 'cpu', '--out', join(work, 'kept'), '--epochs', '2'];
    const resumed = await runCommand(['train', ...goOn, '--resume', last('kept')]);
    expect(resumed.code, resumed.stderr).toBe(0);
    const [before, after] = [await tensorsOf(network), await tensorsOf(last('kept'))];
    for (const name of ['first.kernel', 'first.bias', 'dense.kernel']) expect(after.get(name)!.data, name).toEqual(before.get(name)!.data);
    expect(after.get('last.kernel')!.data).not.toEqual(before.get('last.kernel')!.data);
    expect([...after.keys()].filter(name => name.startsWith('first.'))).toEqual(['first.kernel', 'first.bias']);
    expect((await loadCheckpoint(last('kept'))).step).toBe(4);
  });

  test("takes Keras 3's JSON of a network, which says its loss and optimizer too", async () => {
    const { model, compile } = await loadCheckpoint(network);
    await writeFile(join(work, 'network.json'), JSON.stringify(modelJson(model, compile)));
    const { code, stderr } = await runCommand(arguments_('json', '--network', join(work, 'network.json')));
    expect(code, stderr).toBe(0);
    const [found, wanted] = [await tensorsOf(last('json')), await tensorsOf(last('new'))];
    expect([...found.keys()]).toEqual([...wanted.keys()]);
    for (const [name, { data }] of wanted) expect(found.get(name)!.data, name).toEqual(data);
  });

  test('of a single output learns two classes', async () => {
    const { code, stderr } = await runCommand(arguments_('single', '--network', single, '--rescale', '1', '--classes', 'red,blue'));
    expect(code, stderr).toBe(0);
    const { extra } = await loadCheckpoint(last('single'));
    expect([extra.classes, extra.rescale]).toEqual([['red', 'blue'], 1]);
    const { stdout } = await runCommand(['evaluate', last('single'), '--data', validation, '--json', '--device', 'cpu']);
    const { confusion } = JSON.parse(stdout);
    expect(confusion.map((row: number[]) => row[0]! + row[1]!)).toEqual([3, 3]);
  });
});

describe("--resume of another program's file", () => {
  test('goes on from its weights, moments and steps; its epochs begin anew', async () => {
    const { code, stderr } = await runCommand(arguments_('on', '--resume', network));
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`${network}: sgd resumes from step 4, learning rate 0.02; epochs are counted from 1.`);
    const { model, moments } = await loadCheckpoint(network);
    const seeded = readModel({ ...modelConfig(model), seed: 5 }, '');
    seeded.setWeights(await model.getWeights());
    await expectSame('on', await trained(seeded, 4, moments));
    const { step, training } = await loadCheckpoint(last('on'));
    expect([step, training!.epoch]).toEqual([6, 0]);
    const again = await runCommand([...arguments_('on', '--epochs', '2'), '--resume', last('on')]);
    expect(again.code, again.stderr).toBe(0);
  });
});

describe('refused, with what to do', () => {
  test.each<[string, () => string[] | Promise<string[]>, string | RegExp]>([
    ['another size', () => ['--network', network, '--image-size', '30x30'], /--image-size is 30x30, the network of .* takes 20x20: leave/],
    ['other colours', () => ['--network', network, '--color-mode', 'grayscale'], /--color-mode is grayscale, the network of .* takes rgb/],
    ['no network', () => ['--keep-weights'], '--keep-weights needs --network, the file that the weights are in'],
    ['a run', () => ['--network', network, '--resume', network], /network\.safetensors has a network of its own: leave out --network/],
    [
      'a run and layers',
      () => ['--resume', network, '--freeze', 'first'],
      '--freeze is given with --resume, which goes on with the network as it is',
    ],
    ['no layer', () => ['--network', network, '--freeze', 'conv2d'], "--freeze conv2d: there is no layer 'conv2d'; there are first, max_"],
    ['all layers', () => ['--network', single, '--freeze', 'first', 'dense'], 'trainable is false of first, dense'],
    [
      'other classes',
      () => ['--network', network, '--classes', 'a,b'],
      "has the classes 'blue', 'red'; wanted those of --classes: 'a', 'b'",
    ],
    ['no file', () => ['--network', join(work, 'none.h5')], `cannot read ${join(work, 'none.h5')}: it does not exist`],
    ['a folder', () => ['--network', train], `cannot read ${train}: it is a folder without a model`],
    [
      'a text',
      async () => {
        await writeFile(join(work, 'text.h5'), 'no model at all');
        return ['--resume', join(work, 'text.h5')];
      },
      'text.h5 is not a model file (HDF5, .keras, TensorFlow.js, safetensors): it begins as a text',
    ],
  ])('%s', async (_, given, message) => {
    const { code, stderr, stdout } = await runCommand(arguments_('refused', ...(await given())));
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).not.toContain('epoch 1/');
    expect(code).toBe(1);
  });

  test('another number of classes', async () => {
    const three = await pictureFolder(2, 20, 3);
    await mkdir(join(three, 'white'));
    await writeFile(join(three, 'white', '1.png'), await readFile(join(three, 'red', '1.png')));
    const of = (...more: string[]) => runCommand(arguments_('three', '--train', three, '--validation', three, ...more));
    const fresh = await of('--network', network);
    const units = "its last layer, 'last', has 2 outputs";
    const change = 'change that layer to 3 units in a copy of the network';
    expect(fresh.stderr).toContain(
      `${three} has 3 classes, and the network of ${network} tells 2 apart: ${units}: ${change}, or give folders of 2 classes`,
    );
    const kept = await of('--network', network, '--keep-weights');
    expect(kept.stderr).toContain(`${units}, and weights of that layer do not fit 3 classes: give folders of 2 classes, or ${change}`);
    const one = await of('--network', single);
    expect(one.stderr).toContain("its last layer, 'dense', has 1 output, which tells 2 apart");
    expect([fresh.code, kept.code, one.code]).toEqual([1, 1, 1]);
  });
});
