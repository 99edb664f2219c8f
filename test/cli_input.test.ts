import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../src/formats/safetensors.js';
import { dense } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { faceMaskNetwork } from '../src/nn/networks.js';
import { saveCheckpoint } from '../src/node/files.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { MAIN, wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';

// What people have: odd names, odd folders, full disks, files of other programs.
const ODD = 'Füße und – Bärte';
let folder = '';
let work = '';

beforeAll(async () => {
  folder = await pictureFolder(6, 20, 4);
  await rename(join(folder, 'red'), join(folder, ODD));
  await rename(join(folder, ODD, '0.png'), join(folder, ODD, '-dash 顔 0.png'));
  work = await mkdtemp(join(tmpdir(), 'wgrad-'));
});
afterAll(async () => {
  for (const path of [folder, work]) await rm(path, { recursive: true, force: true });
});

const arguments_ = (out: string, ...more: string[]): string[] => [
  ...['train', '--train', folder, '--validation', folder, '--image-size', '20x20', '--seed', '3', '--no-tune'],
  ...['--out', join(work, out), ...more],
];

test('names with spaces, dashes and letters beyond ASCII', async () => {
  expect((await wgrad(arguments_(ODD, '--epochs', '1'))).code).toBe(0);
  const model = join(work, ODD, 'last.safetensors');
  const evaluated = await wgrad(['evaluate', model, '--data', folder, '--no-tune']);
  expect(evaluated.stdout).toMatch(new RegExp(`^${ODD} +\\d+ +\\d+$`, 'm'));
  const file = join(folder, ODD, '-dash 顔 0.png');
  const { code, stdout } = await wgrad(['predict', model, '--json', '--no-tune', '--device', 'cpu', '--', file]);
  expect(code).toBe(0);
  const { file: found, probs } = JSON.parse(stdout);
  expect(found).toBe(file);
  expect(Object.keys(probs)).toEqual([ODD, 'blue'].sort());
});

test('a class without images is told, and counts as a class', async () => {
  const path = await pictureFolder(5, 20, 6);
  await mkdir(join(path, 'green'));
  const { code, stderr, stdout } = await wgrad([...arguments_('empty', '--max-steps', '1'), '--train', path, '--validation', path]);
  expect(stderr).toContain(`${path}: class 'green' has no images.`);
  expect(stdout).toContain('Found 10 images belonging to 3 classes.');
  expect(code).toBe(0);
  await rm(path, { recursive: true });
});

const isRoot = process.getuid?.() === 0 || process.platform === 'win32';
test.skipIf(isRoot)(`a folder that may not be read${isRoot ? ' (not run: root may read anything)' : ''}`, async () => {
  const path = await pictureFolder(2, 20, 7);
  await chmod(join(path, 'blue'), 0);
  const { code, stderr } = await wgrad([...arguments_('unreadable'), '--train', path]);
  await chmod(join(path, 'blue'), 0o700);
  expect(stderr).toContain(`cannot read the folder ${join(path, 'blue')}: reading it is not permitted`);
  expect(code).toBe(1);
  await rm(path, { recursive: true });
});

describe('a run that goes on', () => {
  let last = '';
  beforeAll(async () => {
    await wgrad(arguments_('settings', '--epochs', '1', '--batch-size', '5', '--no-augment'));
    last = join(work, 'settings', 'last.safetensors');
  });
  const resume = (...more: string[]): string[] => [
    ...[
      'train',
      '--train',
      folder,
      '--validation',
      folder,
      '--no-tune',
      '--out',
      join(work, 'resumed'),
      '--overwrite',
      '--resume',
      last,
      ...more,
    ],
  ];

  test('keeps the settings that it began with', async () => {
    expect((await wgrad(resume('--epochs', '2'))).code).toBe(0);
    await wgrad(arguments_('whole', '--epochs', '2', '--batch-size', '5', '--no-augment'));
    const [resumed, whole] = await Promise.all(['resumed', 'whole'].map(name => readFile(join(work, name, 'last.safetensors'))));
    expect(resumed!.equals(whole!)).toBe(true);
  });

  test.each([
    [['--batch-size', '6'], '--batch-size is 6, the run in'],
    [['--image-size', '30x20'], '--image-size is 30x20, the run in'],
    [['--seed', '4'], '--seed is 4, the run in'],
  ])('refuses %j', async (given, message) => {
    const { code, stderr } = await wgrad(resume('--epochs', '2', ...given));
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  test('refuses other images and other classes', async () => {
    const other = await pictureFolder(6, 20, 8);
    const renamed = await wgrad([...resume('--epochs', '2'), '--train', other, '--validation', other]);
    expect(renamed.stderr).toMatch(/has the classes 'blue', 'red'; wanted those of .*last\.safetensors: /);
    await rename(join(other, 'red'), join(other, ODD));
    await rm(join(other, 'blue', '0.png'));
    const fewer = await wgrad([...resume('--epochs', '2'), '--train', other]);
    expect(fewer.stderr).toContain(
      "the run had 12 pictures, there are 11 now: 1 fewer of class 'blue'. `wgrad train --other-pictures` goes on",
    );
    expect([renamed.code, fewer.code]).toEqual([1, 1]);
    await rename(join(other, 'blue', '1.png'), join(other, 'blue', '0.png'));
    await writeFile(join(other, 'blue', '9.png'), await readFile(join(other, 'blue', '2.png')));
    for (const sets of [
      ['--train', other],
      ['--validation', other],
    ]) {
      const others = await wgrad([...resume('--epochs', '2'), ...sets]);
      expect(others.stderr).toMatch(
        /last\.safetensors does not go on with .*: the run had 12 pictures, there are 12 now: as many of each class/,
      );
      expect(others.code).toBe(1);
    }
    const goOn = await wgrad([...resume('--epochs', '2', '--other-pictures', '--json'), '--train', other, '--validation', other]);
    expect(goOn.code, goOn.stderr).toBe(0);
    expect(JSON.parse(goOn.stdout.trim().split('\n').at(-1)!)).toMatchObject({ event: 'end', epochs: 2, steps: 6 });
    await rm(other, { recursive: true });
  });

  /** The checkpoint with another JSON header. */
  async function withHeader(name: string, change: (header: Record<string, never>) => void): Promise<string> {
    const { tensors, metadata } = readSafetensors(last, await readFile(last));
    const header = JSON.parse(metadata.wgrad!);
    change(header);
    const path = join(work, name);
    await writeFile(path, writeSafetensors({ tensors, metadata: { wgrad: JSON.stringify(header) } }));
    return path;
  }

  test('takes from the file what a file may decide, and nothing else', async () => {
    const path = await withHeader('out.safetensors', (header: Record<string, Record<string, object>>) => {
      Object.assign(header.extra!.settings!, { out: join(work, 'elsewhere'), epochs: 9, skipBroken: true, train: work });
    });
    const { code, stderr } = await wgrad([...resume('--epochs', '2'), '--resume', path, '--out', join(work, 'asked for')]);
    expect(code, stderr).toBe(0);
    expect(await readdir(join(work, 'asked for'))).toContain('last.safetensors');
    expect(await readdir(work)).not.toContain('elsewhere');
  });

  test('refuses a flag that the run began without, by the words that were typed', async () => {
    const path = await withHeader('augmented.safetensors', ({ extra }: Record<string, Record<string, object>>) => {
      Object.assign(extra!.settings!, { augment: true });
    });
    const { code, stderr } = await wgrad([...resume('--epochs', '2', '--no-augment'), '--resume', path]);
    expect(stderr).toContain(`--no-augment is given, the run in ${path} began without it: leave the option out`);
    expect(code).toBe(1);
  });

  test('refuses a checkpoint whose settings no run can have', async () => {
    const path = await withHeader('damaged.safetensors', ({ extra }: Record<string, Record<string, object>>) => {
      Object.assign(extra!.settings!, { batchSize: '5' });
    });
    const { code, stderr } = await wgrad([...resume('--epochs', '2'), '--resume', path]);
    expect(stderr).toContain(`wgrad: ${path} is not a checkpoint that can be used: extra.settings.batchSize is '5', wanted a whole number`);
    expect(code).toBe(1);
  });

  test('says it where an older checkpoint does not know its pictures', async () => {
    const path = await withHeader('older.safetensors', ({ training }: Record<string, Record<string, Record<string, unknown>>>) => {
      delete training!.source!.list;
      delete training!.validationSource!.list;
    });
    const { code, stderr } = await wgrad([...resume('--epochs', '2'), '--resume', path]);
    expect(stderr).toContain(`${path} does not say which pictures it had`);
    expect(code).toBe(0);
  });

  test('ends where an update is not finite, with the checkpoints of before as they were', async () => {
    const out = join(work, 'too fast');
    expect((await wgrad(arguments_('too fast', '--epochs', '1'))).code).toBe(0);
    const files = ['last.safetensors', 'model2-001.safetensors', 'history.json'];
    const read = () => Promise.all(files.map(name => readFile(join(out, name), 'base64')));
    const before = await read();
    const { code, stderr } = await wgrad(
      arguments_('too fast', '--epochs', '9', '--resume', join(out, 'last.safetensors'), '--lr', '1e18'),
    );
    expect(stderr).toMatch(/wgrad: training stopped at step \d+: (the loss is|its update of [\w.]+ is not finite: )/);
    expect(stderr).toContain(`The last checkpoint before it is ${join(out, 'last.safetensors')}.`);
    expect(code).toBe(1);
    expect(await read()).toEqual(before);
    expect((await readdir(out)).filter(name => name.endsWith('.tmp'))).toEqual([]);
  });

  test('that is done says so', async () => {
    const { code, stderr } = await wgrad(resume('--epochs', '1'));
    expect(stderr).toContain('has done its 1 epochs: give a larger --epochs to train further');
    expect(code).toBe(0);
  });
});

describe('checkpoints of other programs', () => {
  /** A file with nothing but the face-mask network's weights. */
  async function weightsOnly(): Promise<string> {
    const model = faceMaskNetwork({ seed: 1 });
    const weights = await model.getWeights();
    const tensors = model.weightSpecs.map(({ name, shape }) => [name, { shape, data: weights[name]! }] as const);
    const path = join(work, 'weights.safetensors');
    await writeFile(path, writeSafetensors({ tensors, metadata: {} }));
    return path;
  }

  test('weights only are taken for the face-mask network', async () => {
    const path = await weightsOnly();
    const faces = join(import.meta.dirname, '../data/faces');
    const { code, stdout } = await wgrad(['evaluate', path, '--data', faces, '--json', '--no-tune']);
    expect(code).toBe(0);
    const { n, confusion, acc } = JSON.parse(stdout);
    expect(n).toBe(12);
    expect(acc).toBe((confusion[0][0] + confusion[1][1]) / 12);
    const other = await wgrad(['evaluate', path, '--data', folder, '--no-tune']);
    expect(other.stderr).toContain("'with_mask', 'without_mask'");
    const resumed = await wgrad(arguments_('weights', '--resume', path));
    expect(resumed.stderr).toContain('holds weights only: there is no run to go on with');
    expect([other.code, resumed.code]).toEqual([1, 1]);
  });

  test('networks that are not for images are refused', async () => {
    const model = sequential([dense(2, { activation: 'softmax', inputShape: [7] })]);
    await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
    const path = join(work, 'rows.safetensors');
    await saveCheckpoint(path, model);
    const { code, stderr } = await wgrad(['predict', path, join(folder, 'blue', '1.png'), '--no-tune']);
    expect(stderr).toContain('its network takes [7], wanted one for pictures, [height, width, 3] (or 1 where they are grey, 4 with alpha)');
    expect(code).toBe(1);
  });
});

describe('what cannot be written', () => {
  test.each<[string, string[], string]>([
    ['a folder whose path is a file', ['--out', join(import.meta.dirname, 'cli.test.ts')], 'cli.test.ts: a part of its path is a file'],
  ])('stops the run before the first step: %s', async (_, given, message) => {
    const { code, stderr, stdout } = await wgrad([...arguments_('never'), ...given]);
    expect(stderr).toContain(message);
    expect(stdout).not.toContain('epoch 1/');
    expect(code).toBe(1);
  });

  test.skipIf(isRoot)(
    `stops the run before the first step: a folder that may not be written${isRoot ? ' (not run: root may write anywhere)' : ''}`,
    async () => {
      const out = join(work, 'locked');
      await mkdir(out);
      await chmod(out, 0o500);
      const { code, stderr } = await wgrad(arguments_('locked', '--max-steps', '1'));
      await chmod(out, 0o700);
      expect(stderr).toContain('writing there is not permitted');
      expect(code).toBe(1);
      expect(await readdir(out)).toEqual([]);
    },
  );

  test.skipIf(process.platform === 'win32')(
    'in the middle does not: the file of before stays, no part of a new one, and the run fails at its end',
    async () => {
      const out = join(work, 'full');
      await mkdir(out);
      await writeFile(join(out, 'last.safetensors'), 'old');
      // A limit on the size of files, as a disk that is full, stops a write half-way.
      const command = 'ulimit -f 100; exec "$0" "$@"';
      const args = [process.execPath, MAIN, ...arguments_('full', '--epochs', '1', '--device', 'cpu', '--overwrite')];
      const child = spawn('sh', ['-c', command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', data => {
        stderr += data;
      });
      const code = await new Promise(resolve => child.on('close', resolve));
      expect(stderr).toMatch(/cannot write .*safetensors: it is larger than files may be here/);
      expect(code).toBe(1);
      expect(stderr).toMatch(/The run continues and tries again\..*wgrad: the run has ended, and not all of it is saved: cannot write/s);
      expect((await readdir(out)).sort()).toEqual(['history.csv', 'history.json', 'history.svg', 'last.safetensors']);
      expect(await readFile(join(out, 'last.safetensors'), 'utf8')).toBe('old');
    },
  );
});

test('a second Ctrl-C ends at once', async () => {
  const { code, stderr } = await wgrad(arguments_('twice', '--epochs', '50', '--json'), (line, child) => {
    if (JSON.parse(line).step === 1) child.kill('SIGINT');
    if (JSON.parse(line).step === 2) child.kill('SIGINT');
  });
  expect(stderr).toContain('Interrupted: finishing this step and saving.');
  expect(code).toBe(130);
});
