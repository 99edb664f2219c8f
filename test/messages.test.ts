import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOf } from '../src/engine/message_of.js';
import { conv2d, dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { runCommand } from './helpers/run_command.js';

// What people type wrong and have wrong: each case must be told in words, with the file or the option.
let work = '';
const at = (...parts: string[]): string => join(work, ...parts);

const SIZE = 8;
function png(): Buffer {
  const picture = new PNG({ width: SIZE, height: SIZE });
  picture.data.fill(200);
  return PNG.sync.write(picture);
}

/** Makes files by their paths below the folder, and folders where a path ends with a slash. */
async function make(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(at(path, path.endsWith('/') ? '' : '..'), { recursive: true });
    if (!path.endsWith('/')) await writeFile(at(path), content);
  }
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'wgrad-messages-'));
  await make({
    'good/a/1.png': png(),
    'good/b/1.png': png(),
    'other/a/1.png': png(),
    'other/c/1.png': png(),
    'one/a/1.png': png(),
    'none/': '',
    'bare/1.png': png(),
    'hollow/a/': '',
    'hollow/b/': '',
    'noted/a/readme.md': 'text',
    'noted/b/readme.md': 'text',
    'text/a/1.jpg': 'hello',
    'text/b/1.png': png(),
    'empty/a/1.png': '',
    'empty/b/1.png': png(),
    'folder.png/': '',
    'empty.png': '',
    'text.jpg': 'hello',
    'good.png': png(),
    'cut.png': png().subarray(0, 40),
    'empty.safetensors': '',
    'text.safetensors': 'hello, I am a text of some length',
    'folder.safetensors/': '',
    'png.safetensors': png(),
    'json.safetensors': '{"a":1}',
  });
  await symlink(at('loop'), at('loop'));
  await symlink(at('nowhere', 'below'), at('dangling'));
  const model = sequential([conv2d(2, 3, { inputShape: [SIZE, SIZE, 3] }), flatten(), dense(2, { activation: 'softmax' })], { seed: 1 });
  await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor: new ReferenceExecutor() });
  await saveCheckpoint(at('good.safetensors'), model, { classes: ['a', 'b'], rescale: 1 / 255 });
  await model.close();
});
afterAll(() => rm(work, { recursive: true, force: true }));

const long = 'x'.repeat(300);
const train = (folder: string, ...more: string[]): string[] => [
  ...['train', '--train', `@${folder}`, '--validation', '@good', '--out', '@out', '--image-size', '20x20', '--device', 'cpu'],
  ...more,
];
/** Ends before a GPU is looked for. */
const onGpu = (...more: string[]): string[] => [...train('good').slice(0, -2), ...more];
const evaluate = (model: string, data: string, ...more: string[]): string[] => [
  ...['evaluate', `@${model}`, '--data', `@${data}`, '--device', 'cpu'],
  ...more,
];
const predict = (model: string, ...files: string[]): string[] => [
  'predict',
  `@${model}`,
  ...files.map(file => `@${file}`),
  '--device',
  'cpu',
];
const explain = (model: string, ...more: string[]): string[] => ['explain', `@${model}`, '@good.png', '--device', 'cpu', '--out', ...more];
const GOOD = 'good.safetensors';

/** A command line, where a word that begins with @ is a path in the folder; and what stderr must have. */
type Case = readonly [args: readonly string[], ...wanted: string[]];
const CASES: readonly Case[] = [
  // Commands and options.
  [['launch'], "unknown command 'launch'", 'wgrad --help'],
  [['tran'], "unknown command 'tran'", 'Did you mean train?'],
  [['train'], "required option '--train <dir>'", 'wgrad train --help'],
  [['train', '--train'], "'--train <dir>' argument missing", 'wgrad train --help'],
  [[...train('good'), '--trian', 'x'], "unknown option '--trian'", 'wgrad train --help'],
  [['predict'], "missing required argument 'model'", 'wgrad predict --help'],
  [predict(GOOD).slice(0, 2), "missing required argument 'files'"],
  [['evaluate', 'x'], "required option '--data <dir>'", 'wgrad evaluate --help'],
  [['explain', 'x', 'y'], "required option '--out <dir>'"],
  [['info', 'more'], 'too many arguments', 'wgrad info --help'],
  [train('good', '--epochs', '0'), '--epochs', "'0'", 'at least 1'],
  [train('good', '--epochs', '1.5'), '--epochs', 'wanted a whole number'],
  [train('good', '--epochs', '1e3'), '--epochs', 'wanted a whole number'],
  [train('good', '--epochs', '99999999999999999999'), '--epochs', 'wanted a whole number'],
  [train('good', '--batch-size', '-3'), '--batch-size', 'wanted a whole number'],
  [train('good', '--max-steps', ''), '--max-steps', 'wanted a whole number'],
  [train('good', '--seed', '4294967296'), '--seed', 'from 0 to 4294967295'],
  [train('good', '--lr', '0'), '--lr', 'wanted a number over 0'],
  [train('good', '--lr', 'NaN'), '--lr', 'wanted a number over 0'],
  [train('good', '--image-size', '150'), '--image-size', '150x150'],
  [train('good', '--image-size', '0x5'), '--image-size', '150x150'],
  [train('good', '--loss', 'mse'), '--loss', 'logits or probs'],
  [train('good', '--compat', '2'), '--compat', 'keras-2.9 or'],
  [train('good', '--variant', 'nosuch'), '--variant', "'nosuch'", 'naive,', ' or workgroups'],
  [train('good', '--device', 'tpu'), '--device', 'gpu or cpu'],
  [['studio', '--port', '65536'], '--port', 'from 0 to 65535'],
  [['studio', '--runs', '@good.png'], '--runs @good.png is a file'],
  [['summary', '--image-size', '1x1'], '--image-size 1x1', 'kernel 3 > input 1'],
  [['studio', '--data', '@good'], '--data', 'name one'],
  // What a shell makes of a variable that is not set.
  [train('good', '--out', ''), "'--out <dir>' is empty", 'wgrad train --help'],
  [train('good', '--resume', ''), "'--resume <file>' is empty", 'wgrad train --help'],
  [['predict', '', 'x'], 'argument 1 is empty', 'wgrad predict --help'],
  [['predict', 'x', 'y', ''], 'argument 3 is empty', 'wgrad predict --help'],
  // Folders of classes.
  ...(
    [
      ['missing', 'it does not exist'],
      ['good.png', 'it is a file'],
      ['good.png/below', 'it is a file'],
      ['loop', 'links'],
      [long, 'name is too long'],
      ['none', 'has no subfolders'],
      ['bare', 'has no subfolders'],
      ['one', "one class, 'a'"],
    ] as const
  ).map(([folder, wanted]) => [train(folder), `@${folder}`, wanted] as const),
  [train('other'), '@good has the classes', "'a', 'b'; wanted those of @other: 'a', 'c'"],
  [train('hollow'), '@hollow has no images'],
  [train('noted'), '@noted has no images'],
  [train('text'), '@text/a/1.jpg', 'not an image'],
  [train('empty'), '@empty/a/1.png', 'empty'],
  [[...train('good'), '--image-size', '1x1'], '--image-size 1x1', 'kernel 3 > input 1'],
  // Where results go.
  [train('good', '--out', '@good.png'), 'cannot write @good.png', 'is a file'],
  [train('good', '--out', '@good.png/below'), 'cannot write @good.png/below', 'is a file'],
  [train('good', '--out', '@loop/below'), 'cannot write @loop/below', 'links'],
  [train('good', '--out', '@loop'), 'cannot write @loop', 'links'],
  [train('good', '--out', '@dangling'), 'cannot write @dangling', 'does not exist'],
  [train('good', '--out', `@${long}`), `cannot write @${long}`, 'name is too long'],
  [train('good', '--resume', '@missing'), '@missing', 'it does not exist'],
  [train('good', '--resume', '@good.safetensors'), '--image-size is 20x20', '@good.safetensors takes 8x8', 'leave the option out'],
  [onGpu('--profile', '@good.png/below/p.json'), 'cannot write @good.png/below', 'is a file'],
  [onGpu('--profile', '@good'), '--profile @good: it is a folder'],
  [onGpu('--profile', '@out/last.safetensors'), '--profile @out/last.safetensors: the run keeps another file there'],
  [explain(GOOD, '@good.png'), 'cannot write @good.png', 'is a file'],
  // Checkpoints.
  ...['missing', 'folder.safetensors', 'good.png/below', 'loop', long].flatMap((file): Case[] =>
    [predict(file, 'good.png'), evaluate(file, 'good'), ['summary', `@${file}`], explain(file, '@out')].map(args => [
      args,
      `cannot read @${file}`,
    ]),
  ),
  ...(
    [
      ['empty.safetensors', 'empty'],
      ['text.safetensors', 'not a safetensors file'],
      ['png.safetensors', 'not a safetensors file', 'a PNG'],
      ['text.jpg', 'not a model file'],
      ['json.safetensors', 'json'],
    ] as const
  ).map(([file, ...wanted]) => [['summary', `@${file}`], `@${file}`, ...wanted] as const),
  [['studio', '@missing'], '@missing', 'does not exist'],
  // Pictures.
  ...(
    [
      ['missing.png', 'it does not exist'],
      ['folder.png', 'it is a folder'],
      ['empty.png', 'empty'],
      ['text.jpg', 'not an image'],
      ['cut.png', 'PNG'],
      ['good.png/below', 'a part of its path is a file'],
      ['loop', 'links'],
      [long, 'name is too long'],
    ] as const
  ).map(([file, wanted]) => [predict(GOOD, 'good.png', file), `@${file}`, wanted] as const),
  [predict(GOOD, 'missing.png', 'text.jpg'), '@missing.png', '@text.jpg', 'none of the files could be read'],
  [evaluate(GOOD, 'other'), '@other has the classes', '@good.safetensors'],
  [evaluate(GOOD, 'missing'), '@missing', 'it does not exist'],
  [evaluate(GOOD, 'text'), '@text/a/1.jpg', 'not an image'],
  // What is explained.
  [explain(GOOD, '@out', '--layer', '99'), '--layer 99', '0 (conv2d)'],
  [explain(GOOD, '@out', '--layer', '1'), '--layer 1', 'no maps', '0 (conv2d)'],
  [explain(GOOD, '@out', '--layer', '-1'), '--layer', 'wanted a whole number'],
  [explain(GOOD, '@out', '--class', 'nosuch'), "--class is 'nosuch'", "'a', 'b'"],
  [explain(GOOD, '@out', '--class', ''), "--class is ''", "'a', 'b'"],
  // Devices.
  [predict(GOOD, 'good.png').slice(0, -2).concat('--adapter', 'nosuch'), "'nosuch'", 'wgrad info'],
  [['info', '--adapter', 'nosuch'], "'nosuch'"],
  [['check', '--adapter', 'nosuch'], "'nosuch'"],
  [train('good', '--verify'), '--verify', '--device cpu'],
  [train('good', '--profile'), '--profile', '--device cpu'],
  [['demo', '--out', '@good.png', '--images', '1'], 'cannot write @good.png', 'is a file'],
];

const placed = (text: string): string => text.replace(/@(?=[\w/])/g, `${work}/`);

describe('what goes wrong is told with what it is about', () => {
  test.each(CASES.map(([args, ...wanted]) => ({ args, wanted })))('$args', async ({ args, wanted }) => {
    const { code, stderr } = await runCommand(args.map(placed));
    expect(code, stderr).toBeGreaterThanOrEqual(1);
    expect(code, stderr).toBeLessThanOrEqual(2);
    for (const text of wanted) expect(stderr).toContain(placed(text));
    expect(stderr.replaceAll(work, '')).not.toMatch(/undefined|\[object|\bnull\b|\bNaN is|Cannot |\n\s+at |E[A-Z]{4,}:|wgrad: *\n/);
    expect(stderr.endsWith('\n')).toBe(true);
  });
});

test.skipIf(process.platform === 'win32')('a device that never ends is not read', async () => {
  for (const args of [predict(GOOD, 'good.png').toSpliced(2, 1, '/dev/zero'), ['summary', '/dev/zero']]) {
    const { code, stderr } = await runCommand(args.map(placed));
    expect([code, stderr]).toEqual([1, expect.stringContaining('/dev/zero: it is a device, wanted a file')]);
  }
});

test('help shows the size of images as it is typed, and each command names its own help', async () => {
  const { code, stdout } = await runCommand(['train', '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\(default:\s+150x150\)/);
});

test('an error without a message is told by what it is', () => {
  expect(messageOf(new Error('what'))).toBe('what');
  expect(messageOf(new TypeError(''))).toBe('TypeError without a message (WGRAD_DEBUG=1 shows where)');
  expect(messageOf(new Error('', { cause: new Error('the cause') }))).toBe('the cause');
  expect(messageOf(new AggregateError([new Error('the first')]))).toBe('the first');
  expect(messageOf(undefined)).toContain('not an error: undefined');
  expect(messageOf({ a: 1 })).toContain('not an error: {"a":1}');
});
