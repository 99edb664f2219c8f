import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { kindOfEnding } from '../src/formats/endings.js';
import { conv2d, dense, flatten } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { adam } from '../src/nn/optimizers.js';
import { loadCheckpoint, saveCheckpoint } from '../src/node/files.js';
import { loadModel, modelCheckpoint, readModel, saveModel, writeModel } from '../src/node.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { trainingFolders } from './helpers/pictures.js';
import { runCommand } from './helpers/run_command.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

let folder: string;
let trained: Sequential;
const at = (...names: string[]): string => join(folder, ...names);
const convert = (...args: string[]) => runCommand(['convert', ...args]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wgrad-convert-'));
  trained = await tinyModel(new ReferenceExecutor(), adam());
  await trained.fit(tinyData(), { epochs: 1, maxSteps: 2 });
  await saveCheckpoint(at('m.safetensors'), trained, { classes: ['a', 'b', 'c'], rescale: 1 / 255 });
  await saveModel(at('m.onnx'), trained);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['m.safetensors', 'safetensors'],
  ['M.H5', 'h5'],
  ['m.hdf5', 'h5'],
  ['m.weights.h5', 'weights.h5'],
  ['m.keras', 'keras'],
  ['m.onnx', 'onnx'],
  ['m.tfjs', 'tfjs'],
  ['m/model.json', 'tfjs'],
  ['m\\model.json', 'tfjs'],
  ['model.json', undefined],
  ['m.model', undefined],
  ['keras', undefined],
])('%s is to be %s', (path, kind) => expect(kindOfEnding(path)).toBe(kind));

test('a checkpoint converted to itself keeps all that it has', async () => {
  const { code, stdout } = await convert(at('m.safetensors'), at('same.safetensors'));
  expect([code, stdout]).toEqual([0, `${at('same.safetensors')}: safetensors, 8 weights of 588 numbers, adam after 2 steps\n`]);
  expect(readFileSync(at('same.safetensors'))).toEqual(readFileSync(at('m.safetensors')));
});

test('--classes and --rescale are kept with the model, and the same model is the same bytes', async () => {
  const args = [at('m.safetensors'), '--classes', 'x,y,z', '--rescale', '0.5'];
  expect((await convert(...args, at('named.safetensors'))).stderr).toContain('those of --classes are taken in their place');
  expect((await loadCheckpoint(at('named.safetensors'))).extra).toEqual({ classes: ['x', 'y', 'z'], rescale: 0.5 });
  await convert(...args, at('one.onnx'), '--input-type', 'uint8');
  await convert(...args, at('two.onnx'), '--input-type', 'uint8');
  expect(readFileSync(at('one.onnx'))).toEqual(readFileSync(at('two.onnx')));
  expect(readFileSync(at('one.onnx')).includes('["x","y","z"]')).toBe(true);
});

test.each<[string, string[], string[]]>([
  ['OUT exists', ['m.safetensors', 'there.onnx'], ['there.onnx exists', '--overwrite']],
  ['OUT is a folder', ['m.safetensors', 'dir.onnx', '--overwrite'], ['dir.onnx is a folder, wanted the name of a file']],
  [
    'OUT is to be a folder and is a file',
    ['m.safetensors', 'there.onnx', '--to', 'tfjs', '--overwrite'],
    ['there.onnx is a file, wanted the name of a folder'],
  ],
  ['OUT is named as a folder', ['m.safetensors', 'new/', '--to', 'onnx'], ['is named as a folder, wanted the name of a file']],
  ['OUT has no ending that says a kind', ['m.safetensors', 'm.model'], ['its ending does not say', '.keras', '.onnx', 'tfjs']],
  ['OUT lies below a file', ['m.safetensors', 'there.onnx/m.onnx'], ['cannot write', 'a part of its path is a file, wanted a folder']],
  ['IN is missing', ['no.keras', 'new.onnx'], ['cannot read', 'no.keras', 'it does not exist']],
  ['IN is no model', ['there.onnx', 'new.keras'], ['there.onnx', 'it has 3 bytes']],
  ['IN is an ONNX file', ['m.onnx', 'new.keras'], ['m.onnx', 'it is an ONNX file, which is written and not read']],
  ['IN is an empty folder', ['dir.onnx', 'new.keras'], ['it is a folder without a model']],
  ['IN is a cut file', ['cut.safetensors', 'new.onnx'], ['cut.safetensors']],
  ['an option of ONNX for another kind', ['m.safetensors', 'new.safetensors', '--channels-first'], ['--channels-first is for ONNX files']],
  ['--classes are too few', ['m.safetensors', 'new.onnx', '--classes', 'a,b'], ['--classes has 2 names', 'tells 3 classes apart']],
])('%s: nothing is written, and the message says so', async (_, args, says) => {
  writeFileSync(at('there.onnx'), 'old');
  writeFileSync(at('cut.safetensors'), readFileSync(at('m.safetensors')).subarray(0, 5000));
  mkdirSync(at('dir.onnx'), { recursive: true });
  const before = readdirSync(folder);
  const isName = (word: string): boolean => !word.startsWith('-') && !['tfjs', 'onnx', 'a,b'].includes(word);
  const { code, stdout, stderr } = await convert(...args.map(word => (isName(word) ? `${folder}/${word}` : word)));
  for (const each of says) expect(stderr).toContain(each);
  expect([code, stdout]).toEqual([1, '']);
  expect([readdirSync(folder), readFileSync(at('there.onnx'), 'utf8')]).toEqual([before, 'old']);
});

test('a folder is written whole: by its name, the model.json in it, or --to; and only a folder of a model is written over', async () => {
  const reads = async (path: string): Promise<unknown> => (await loadCheckpoint(path)).kind;
  for (const [out, path] of [
    ['one.tfjs', 'one.tfjs'],
    ['two/model.json', 'two'],
  ] as const) {
    expect((await convert(at('m.safetensors'), at(out))).stdout).toContain(`${at(path)}: tfjs, 8 weights`);
    expect([readdirSync(at(path)).sort(), await reads(at(path))]).toEqual([['model.json', 'weights.bin'], 'tfjs']);
  }
  expect((await convert(at('m.safetensors'), at('three'), '--to', 'tfjs')).code).toBe(0);
  expect((await convert(at('m.safetensors'), at('three'), '--to', 'tfjs')).stderr).toContain('three exists: give another name');
  expect((await convert(at('m.safetensors'), at('three'), '--to', 'tfjs', '--overwrite')).code).toBe(0);
  writeFileSync(at('three', 'thesis.txt'), 'mine');
  const { code, stderr } = await convert(at('m.safetensors'), at('three'), '--to', 'tfjs', '--overwrite');
  expect([code, stderr]).toEqual([1, expect.stringContaining("three: the folder holds 'thesis.txt' too")]);
  expect(readdirSync(at('three')).sort()).toEqual(['model.json', 'thesis.txt', 'weights.bin']);
});

test('--overwrite writes over it', async () => {
  writeFileSync(at('there.onnx'), 'old');
  expect((await convert(at('m.safetensors'), at('there.onnx'), '--overwrite')).code).toBe(0);
  expect(readFileSync(at('there.onnx')).length).toBeGreaterThan(3000);
});

test('saveModel writes the kind that the ending or `kind` says, loadModel gives the compiled model back', async () => {
  await saveModel(at('saved.bin'), trained, { kind: 'safetensors', extra: { rescale: 2 } });
  const model = await loadModel(at('saved.bin'), { executor: new ReferenceExecutor() });
  expect([model.step, await model.getWeights()]).toEqual([2, await trained.getWeights()]);
  await saveModel(at('saved.onnx'), trained);
  expect(existsSync(at('saved.onnx'))).toBe(true);
  await expect(saveModel(at('saved.model'), trained)).rejects.toThrow('its ending does not say which kind of file it is to be');
});

test('train --checkpoint writes the kind that its ending says; what that cannot hold is said before the first step', async () => {
  const folders = await trainingFolders(4, 2);
  const network = sequential([
    conv2d(2, 3, { inputShape: [20, 20, 3], activation: 'exponential' }),
    flatten(),
    dense(2, { activation: 'softmax' }),
  ]);
  await network.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
  await saveCheckpoint(at('network.safetensors'), network);
  const train = (name: string) =>
    runCommand([
      ...['train', '--train', folders.train, '--validation', folders.validation, '--network', at('network.safetensors')],
      ...['--epochs', '1', '--device', 'cpu', '--out', at('run'), '--overwrite', '--checkpoint', name],
    ]);
  const refused = await train('m-{epoch:02d}.tfjs');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("TensorFlow.js has no activation 'exponential'")]);
  expect(existsSync(at('run', 'last.safetensors'))).toBe(false);
  expect((await train('m-{epoch:02d}.keras')).code).toBe(0);
  expect((await loadCheckpoint(at('run', 'm-01.keras'))).kind).toBe('keras');
});

test('a .keras file says 1980, or the date that is given or that SOURCE_DATE_EPOCH has', async () => {
  const dateIn = async (date?: Date): Promise<string> => {
    await saveModel(at('dated.keras'), trained, { date });
    return /"date_saved":"([^"]+)"/.exec(readFileSync(at('dated.keras'), 'latin1'))![1]!;
  };
  vi.stubEnv('SOURCE_DATE_EPOCH', undefined);
  expect(await dateIn()).toBe('1980-01-01@00:00:00');
  vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000');
  expect(await dateIn()).toBe('2023-11-14@22:13:20');
  expect(await dateIn(new Date(0))).toBe('1970-01-01@00:00:00');
  vi.unstubAllEnvs();
});

test.each(['safetensors', 'h5', 'keras', 'tfjs'] as const)('writeModel and readModel go by %s in memory, moments and all', async kind => {
  const content = await writeModel(trained, kind);
  const notes: string[] = [];
  const model = await readModel('m', content, { executor: new ReferenceExecutor(), onNote: note => notes.push(note) });
  expect([model.step, await model.getWeights()]).toEqual([2, await trained.getWeights()]);
  expect(await writeModel(model, kind)).toEqual(await writeModel(model, kind));
});

test("modelCheckpoint writes the kind that the file's ending says, and safetensors where it says none", async () => {
  const model = await tinyModel(new ReferenceExecutor());
  const callbacks = ['e{epoch}.onnx', 'e{epoch}.model'].map(name =>
    modelCheckpoint({ filepath: at(name), saveBestOnly: true, monitor: 'loss' }),
  );
  await model.fit(tinyData(), { epochs: 1, maxSteps: 5, callbacks });
  expect(readFileSync(at('e1.onnx'))[0]).toBe(8);
  expect((await loadCheckpoint(at('e1.model'))).kind).toBe('safetensors');
});
