import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelCheckpoint } from '../src/node.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { checkpointTemplate } from '../src/run/checkpoint_template.js';
import { wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

describe('--checkpoint takes templates of names within --out', () => {
  test.each([
    'model2-{epoch:03d}.safetensors',
    '{epoch}',
    'best',
    'sub/{val_acc:.2f}/{epoch}.safetensors',
    './a',
    'a b',
    '{{x}}',
    '..a',
    'last',
    'sub/last.safetensors',
    '{val_loss!r:>10}',
  ])('%s', template => expect(checkpointTemplate(template, process.platform)).toBe(template));

  test.each([
    ['', 'it is empty'],
    ['.', 'it names a folder'],
    ['sub/', 'it names a folder'],
    ['..', "it has '..' in it"],
    ['../x', "it has '..' in it"],
    ['a/../../x', "it has '..' in it"],
    ['/tmp/x', 'it is an absolute path'],
    ['{epoch:/>5}', "In epoch 1 it is '////1': it is an absolute path"],
    ['history.json', 'the run keeps another file as history.json'],
    ['./History.CSV', 'the run keeps another file as History.CSV'],
    ['history.svg/{epoch}', 'the run keeps another file'],
    ['last.safetensors', 'the run keeps another file as last.safetensors'],
    ['run.lock', 'the run keeps another file as run.lock'],
    ['m-{vall}', 'names {vall}, which is not among epoch, loss, acc, val_loss, val_acc'],
    ['m-{batch}', 'names {batch}'],
    ['m-{}', 'names {}'],
    ['m-{epoch', "expected '}' before end of string"],
    ['m-{loss:d}', "Unknown format code 'd' for object of type 'float'"],
    ['m-{epoch:.2d}', 'Precision not allowed in integer format specifier'],
    ['m-\0', 'it has a NUL character in it'],
    ['m-\n', 'it has a control character in it'],
    ['{epoch:c}', 'it has a control character in it'],
    ['x'.repeat(256), 'is longer than 255 bytes'],
    ['é'.repeat(128), 'is longer than 255 bytes'],
    ['{val_loss:300}', 'is longer than 255 bytes'],
  ])('and refuses %j', (template, message) => expect(() => checkpointTemplate(template, 'linux')).toThrow(message));

  test.each([
    ['ab:c', "'ab:c' can't be a file's name on Windows"],
    ['C:\\x', 'it is an absolute path'],
    ['C:x', 'it is an absolute path'],
    ['\\\\server\\share\\x', 'it is an absolute path'],
    ['..\\x', "it has '..' in it"],
    ['sub\\', 'it names a folder'],
    ['nul.safetensors', "'nul.safetensors' can't be a file's name on Windows"],
    ['history.json.', "'history.json.' can't be a file's name on Windows"],
    ['{epoch:?>5}', "'????1' can't be a file's name on Windows"],
  ])('on Windows it refuses %j', (template, message) => expect(() => checkpointTemplate(template, 'win32')).toThrow(message));
});

describe('wgrad train', () => {
  let pictures = '';
  let work = '';
  beforeAll(async () => {
    pictures = await pictureFolder(3, 20, 1);
    work = await mkdtemp(join(tmpdir(), 'wgrad-'));
  });
  afterAll(async () => {
    for (const folder of [pictures, work]) await rm(folder, { recursive: true });
  });
  const train = (out: string, template: string): ReturnType<typeof wgrad> =>
    wgrad([
      ...['train', '--train', pictures, '--validation', pictures, '--image-size', '20x20', '--seed', '3', '--no-tune', '--epochs', '1'],
      ...['--out', join(work, out), '--checkpoint', template],
    ]);

  test('refuses a template as wrong usage, and makes nothing', async () => {
    const { code, stderr } = await train('never', '../x');
    expect(stderr).toContain("'--checkpoint <template>' argument '../x' is invalid. it has '..' in it, wanted a name within --out.");
    expect(code).toBe(2);
    expect(await readdir(work)).not.toContain('never');
  });

  test('takes --out as it is written, makes the folders of a template, and says where its name is a folder', async () => {
    expect((await train('{val}', 'sub/{val_acc:.1f}')).code).toBe(0);
    expect(await readdir(join(work, '{val}', 'sub'))).toEqual([expect.stringMatching(/^[01]\.\d$/)]);
    const folder = await train('.', '{{val}}');
    expect(folder.stderr).toContain('is a folder, wanted the name of a file');
    expect(folder.code).toBe(1);
  });
});

test.each([
  ['', 'it is empty'],
  ['out/', 'it names a folder'],
  ['{val_loss}', "'{val_loss}' names {val_loss}, which is not among epoch, loss, acc"],
  ['{accuracy}', 'names {accuracy}'],
  ['{loss:d}', "Unknown format code 'd'"],
])('modelCheckpoint refuses %j before the first step', async (filepath, message) => {
  const model = await tinyModel(new ReferenceExecutor());
  await expect(model.fit(tinyData(), { callbacks: [modelCheckpoint({ filepath })] })).rejects.toThrow(message);
  expect(model.step).toBe(0);
});
