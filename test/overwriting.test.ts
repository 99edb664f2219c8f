import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { conv2d, dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { takeFolder } from '../src/run/folder.js';
import { trainingFolders } from './helpers/pictures.js';
import { runCommand } from './helpers/run_command.js';

const { train, validation, work } = await trainingFolders(2, 2);
const model = join(work, 'model.safetensors');
const picture = join(validation, 'red', '0.png');
const TEMPLATE = 'model2-{epoch:03d}.safetensors';

/** A file that somebody would miss. */
async function precious(...names: string[]): Promise<string> {
  const path = join(work, ...names);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'precious');
  return path;
}

const isUntouched = async (path: string): Promise<boolean> => (await readFile(path, 'utf8')) === 'precious';

beforeAll(async () => {
  const layers = [conv2d(2, [3, 3], { activation: 'relu', inputShape: [20, 20, 3] }), flatten(), dense(2, { activation: 'softmax' })];
  const made = sequential(layers, { seed: 4 });
  await made.compile({ loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
  await saveCheckpoint(model, made, { classes: ['blue', 'red'], rescale: 1 / 255 });
  await made.close();
});

describe('what a run has left is not written over unasked, whichever of its files is still there', () => {
  test.each([
    ['last.safetensors', TEMPLATE],
    ['history.json', TEMPLATE],
    ['history.svg', TEMPLATE],
    ['network.json', TEMPLATE],
    ['model2-007.safetensors', TEMPLATE],
    ['best.h5', 'best.h5'],
    ['best/at-0.25.keras', 'best/at-{val_loss:.2f}.keras'],
  ])('%s', async (name, checkpoint) => {
    const out = join(work, name.replaceAll(/\W/g, '_'));
    const path = await precious(out.slice(work.length), name);
    await expect(takeFolder({ out, checkpoint })).rejects.toThrow(`${path}: `);
    await expect(takeFolder({ out, checkpoint })).rejects.toThrow('write over it by --overwrite, or give another --out');
    expect(existsSync(join(out, 'run.lock'))).toBe(false);
    const lock = await takeFolder({ out, checkpoint, overwrite: true });
    await lock.release();
    expect(await isUntouched(path)).toBe(true);
  });

  test('files that no run of that template writes do not stand in the way', async () => {
    for (const name of ['model2.safetensors', 'amodel2-001.safetensors', 'notes.txt']) await precious('free', name);
    const lock = await takeFolder({ out: join(work, 'free'), checkpoint: TEMPLATE });
    await lock.release();
  });
});

describe('a command that writes files names what is there already, and --overwrite goes on', () => {
  const refused = async (args: readonly string[], path: string): Promise<void> => {
    const { code, stderr } = await runCommand(args);
    expect(stderr).toContain(`${path} is there already: `);
    expect(stderr).toContain('--overwrite');
    expect(code).toBe(1);
    expect(await isUntouched(path)).toBe(true);
  };

  test('evaluate --curves', async () => {
    const path = await precious('curves.svg');
    const args = ['evaluate', model, '--data', validation, '--device', 'cpu', '--curves', path];
    await refused(args, path);
    expect((await runCommand([...args, '--overwrite'])).code).toBe(0);
    expect(await readFile(path, 'utf8')).toMatch(/^<svg /);
  });

  test.each(['report.html', '1-0.grad-cam.png', 'mistakes.png'])('explain, of %s', async name => {
    const out = join(work, `explained ${name}`);
    const path = await precious(`explained ${name}`, name);
    await refused(['explain', model, picture, '--device', 'cpu', '--out', out], path);
  });

  test('explain --overwrite', async () => {
    const path = await precious('again', 'report.html');
    expect((await runCommand(['explain', model, picture, '--device', 'cpu', '--out', join(work, 'again'), '--overwrite'])).code).toBe(0);
    expect(await isUntouched(path)).toBe(false);
  });

  test('train --profile', async () => {
    const path = await precious('trace.json');
    await refused(
      ['train', '--train', train, '--validation', validation, '--image-size', '20x20', '--out', join(work, 'p'), '--profile', path],
      path,
    );
  });

  test("demo, whose folder may be somebody's own", async () => {
    const path = await precious('own', 'train', 'with_mask', '0000.png');
    const { code, stderr } = await runCommand(['demo', '--out', join(work, 'own'), '--images', '1', '--size', '32', '--device', 'cpu']);
    expect(stderr).toContain(`${join(work, 'own', 'train')} is there already: give another --out, or write over it by --overwrite`);
    expect(code).toBe(1);
    expect(await isUntouched(path)).toBe(true);
  });
});

test('predict tells the classes of the files that it can read, and ends with 1 for the others', async () => {
  const files = [join(work, 'missing.png'), picture, await precious('text.png'), join(validation, 'blue', '1.png')];
  const { code, stdout, stderr } = await runCommand(['predict', model, ...files, '--device', 'cpu', '--json']);
  const found = stdout
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { file: string }).file);
  expect(found).toEqual([files[1], files[3]]);
  expect(stderr).toContain(`${files[0]}: it does not exist`);
  expect(stderr).toContain(`${files[2]}: `);
  expect(code).toBe(1);
  expect((await runCommand(['predict', model, ...files, '--device', 'cpu', '--skip-broken'])).code).toBe(0);
});
