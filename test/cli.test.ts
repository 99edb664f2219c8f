import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';

let train = '';
let validation = '';
let work = '';

beforeAll(async () => {
  train = await pictureFolder(45, 20, 1);
  validation = await pictureFolder(7, 20, 2);
  work = await mkdtemp(join(tmpdir(), 'wgrad-'));
});
afterAll(async () => {
  for (const folder of [train, validation, work]) await rm(folder, { recursive: true, force: true });
});

const lines = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
const arguments_ = (out: string, ...more: string[]): string[] => [
  ...['train', '--train', train, '--validation', validation, '--image-size', '20x20', '--seed', '3', '--no-tune'],
  ...['--out', join(work, out), ...more],
];

describe('wgrad train', () => {
  test('writes checkpoints and history, and says as JSON how it goes', async () => {
    const { code, stdout, stderr } = await wgrad(arguments_('json', '--epochs', '2', '--json'));
    expect(stderr).toContain('Found 90 images belonging to 2 classes.');
    expect(code).toBe(0);
    const events = lines(stdout);
    const steps = events.filter(({ event }) => event === 'step');
    expect(steps.map(({ epoch, step }) => [epoch, step])).toEqual(
      [1, 2].flatMap(epoch => [1, 2, 3, 4, 5, 6, 7, 8, 9].map(step => [epoch, step])),
    );
    expect(Object.keys(steps[0]!)).toEqual(['event', 'epoch', 'step', 'loss', 'acc', 'batch_loss']);
    expect(steps[0]!.loss).toBe(steps[0]!.batch_loss);
    const epochs = events.filter(({ event }) => event === 'epoch');
    expect(Object.keys(epochs[1]!)).toEqual(['event', 'epoch', 'loss', 'acc', 'val_loss', 'val_acc']);
    expect(events.at(-1)).toMatchObject({ event: 'end', epochs: 2, steps: 18 });
    const files = await readdir(join(work, 'json'));
    expect(files).toEqual(
      expect.arrayContaining(['history.csv', 'history.json', 'history.svg', 'last.safetensors', 'model2-001.safetensors']),
    );
    const history = JSON.parse(await readFile(join(work, 'json', 'history.json'), 'utf8'));
    expect(history.history.val_loss).toEqual(epochs.map(({ val_loss }) => val_loss));
    expect(await readFile(join(work, 'json', 'history.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  test('goes on bit for bit: 2 epochs = 1 epoch and resume = Ctrl-C in epoch 2 and resume', async () => {
    // Steps are told of some time after they ran: 90 in an epoch leave the signal time to come before the last.
    const single = (out: string, ...more: string[]): string[] => arguments_(out, '--batch-size', '1', ...more);
    expect((await wgrad(single('straight', '--epochs', '2'))).code).toBe(0);
    expect((await wgrad(single('first', '--epochs', '1'))).code).toBe(0);
    expect((await wgrad(single('second', '--epochs', '2', '--resume', join(work, 'first', 'last.safetensors')))).code).toBe(0);
    const interrupted = await wgrad(single('broken', '--epochs', '2', '--json'), (line, child) => {
      const { event, epoch, step } = JSON.parse(line);
      if (event === 'step' && epoch === 2 && step === 7) child.kill('SIGINT');
    });
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain(`Resume with --resume ${join(work, 'broken', 'last.safetensors')}`);
    const resumed = await wgrad(single('broken', '--epochs', '2', '--resume', join(work, 'broken', 'last.safetensors')));
    expect(resumed.code).toBe(0);
    const last = (folder: string): Promise<Buffer> => readFile(join(work, folder, 'last.safetensors'));
    expect((await last('second')).equals(await last('straight'))).toBe(true);
    expect((await last('broken')).equals(await last('straight'))).toBe(true);
    expect(await readFile(join(work, 'broken', 'history.csv'), 'utf8')).toBe(await readFile(join(work, 'straight', 'history.csv'), 'utf8'));
  });

  test('ends after --max-steps, with a validation', async () => {
    const { code, stdout } = await wgrad(arguments_('short', '--epochs', '5', '--max-steps', '3', '--json'));
    expect(code).toBe(0);
    const events = lines(stdout);
    expect(events.map(({ event }) => event)).toEqual(['step', 'step', 'step', 'epoch', 'end']);
    expect(events[3]!.val_loss).toBeGreaterThan(0);
  });

  test('--verify checks each kernel of the first step, and training goes on as without it', async () => {
    const { code, stdout } = await wgrad(arguments_('verify', '--max-steps', '1', '--verify'));
    expect(stdout).toMatch(/All \d+ kernels of the first step agree with the CPU reference\./);
    expect(code).toBe(0);
    await wgrad(arguments_('unverified', '--max-steps', '1'));
    const last = (folder: string): Promise<Buffer> => readFile(join(work, folder, 'last.safetensors'));
    expect((await last('verify')).equals(await last('unverified'))).toBe(true);
  });

  test('computes the same on the CPU reference when asked', async () => {
    const losses: number[] = [];
    for (const device of ['gpu', 'cpu']) {
      const { stdout, code } = await wgrad(arguments_(device, '--device', device, '--max-steps', '1', '--json'));
      expect(code).toBe(0);
      losses.push(lines(stdout)[0]!.batch_loss as number);
    }
    expect(Math.abs(losses[0]! - losses[1]!)).toBeLessThan(1e-5);
  });
});

describe('wgrad evaluate and predict', () => {
  let model = '';
  beforeAll(async () => {
    await wgrad(arguments_('model', '--epochs', '6', '--no-augment'));
    model = join(work, 'model', 'last.safetensors');
  });

  test('give loss, accuracy and confusion matrix', async () => {
    const { code, stdout } = await wgrad(['evaluate', model, '--data', validation, '--json', '--no-tune']);
    expect(code).toBe(0);
    const { loss, acc, n, confusion } = JSON.parse(stdout);
    expect(n).toBe(14);
    expect(confusion.flat().reduce((a: number, b: number) => a + b)).toBe(14);
    expect(acc).toBe((confusion[0][0] + confusion[1][1]) / 14);
    const history = JSON.parse(await readFile(join(work, 'model', 'history.json'), 'utf8'));
    expect(loss).toBeCloseTo(history.history.val_loss.at(-1), 5);
    const text = await wgrad(['evaluate', model, '--data', validation, '--no-tune']);
    expect(text.stdout).toMatch(/14 images - loss: .* - acc: /);
    expect(text.stdout).toMatch(/true \\ predicted +blue +red\nblue/);
    expect(text.stdout).toMatch(/acc: \S+ \(95 % interval: /);
    expect(text.stdout).toMatch(/ +precision +recall +F1 +images +AUC +AP\nblue/);
  });

  test('score each class, draw its curves, and name the threshold that parts two best', async () => {
    const curves = join(work, 'curves.svg');
    const { code, stdout } = await wgrad(['evaluate', model, '--data', validation, '--json', '--no-tune', '--curves', curves]);
    expect(code).toBe(0);
    const { acc, acc_interval, confusion, classes, macro, threshold } = JSON.parse(stdout);
    expect(acc_interval[0]).toBeLessThan(acc);
    expect(acc_interval[1]).toBeGreaterThanOrEqual(acc);
    expect(classes.map(({ name }: { name: string }) => name)).toEqual(['blue', 'red']);
    for (const [i, { recall, support, roc, precision_recall }] of classes.entries()) {
      expect(support).toBe(7);
      expect(recall).toBe(confusion[i][i] / 7);
      expect(roc.fpr.length).toBe(roc.thresholds.length);
      expect(roc.thresholds[0]).toBeNull();
      expect(precision_recall.recall.length).toBe(precision_recall.thresholds.length + 1);
    }
    expect(macro.support).toBe(14);
    expect(threshold).toMatchObject({ class: 'red', criterion: 'balanced_accuracy', balanced_accuracy_at_half: acc });
    const svg = await readFile(curves, 'utf8');
    expect(svg).toMatch(/^<svg .*ROC.*Precision by recall/s);
    const refused = await wgrad(['evaluate', model, '--data', validation, '--curves', model]);
    expect(refused.stderr).toContain('wanted a name that ends with .svg');
    expect(refused.code).toBe(2);
  });

  test('name the class of files', async () => {
    const files = [join(validation, 'red', '0.png'), join(validation, 'blue', '1.png')];
    const { code, stdout } = await wgrad(['predict', model, ...files, '--json', '--no-tune']);
    expect(code).toBe(0);
    const found = lines(stdout) as { file: string; label: string; probs: Record<string, number> }[];
    expect(found.map(({ file }) => file)).toEqual(files);
    expect(found.map(({ label }) => label)).toEqual(['red', 'blue']);
    for (const { probs } of found) expect(probs.red! + probs.blue!).toBeCloseTo(1, 5);
  });

  test('refuse data of other classes', async () => {
    const other = await pictureFolder(1, 20, 5);
    await mkdir(join(other, 'green'));
    const { code, stderr } = await wgrad(['evaluate', model, '--data', other, '--no-tune']);
    expect(code).toBe(1);
    expect(stderr).toContain("has the classes 'blue', 'green', 'red'; wanted those of");
    await rm(other, { recursive: true });
  });
});

describe('wrong input ends with one line that says what to do', () => {
  test.each<[string, () => string[] | Promise<string[]>, number, string]>([
    ['an unknown command', () => ['trian'], 2, "error: unknown command 'trian'"],
    ['a wrong flag', () => [...arguments_('x'), '--epoch', '3'], 2, "error: unknown option '--epoch'"],
    ['a wrong number', () => arguments_('x', '--epochs', 'many'), 2, "argument 'many' is invalid. wanted a whole number of at least 1."],
    ['a wrong size', () => arguments_('x', '--image-size', '20'), 2, 'wanted HEIGHTxWIDTH in pixels, as 150x150.'],
    ['a missing folder', () => ['train', '--train', join(work, 'none'), '--validation', validation], 1, 'cannot read the folder'],
    [
      'images too small for the network',
      () => arguments_('x', '--image-size', '5x5'),
      1,
      "layer 'conv2d_1': conv2d: kernel 3 > input 1 on height",
    ],
    ['no such adapter', () => arguments_('x', '--adapter', 'abacus'), 1, "whose name has 'abacus'"],
    ['a missing checkpoint', () => ['evaluate', join(work, 'none'), '--data', validation], 1, 'it does not exist'],
    [
      'a checkpoint that is none',
      () => ['evaluate', join(validation, 'red', '0.png'), '--data', validation],
      1,
      'is not a model file (HDF5, .keras, TensorFlow.js, safetensors): it is a PNG image',
    ],
    ['a checkpoint without a run', async () => arguments_('x', '--resume', await weightsOnly()), 1, 'its weights do not fit the model'],
    ['a wrong template', () => arguments_('x', '--epochs', '1', '--checkpoint', 'm-{vall}'), 2, 'names {vall}, which is not among'],
  ])('%s', async (_, args, code, message) => {
    const outcome = await wgrad(await args());
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
  });

  /** A safetensors file with one tensor. */
  async function weightsOnly(): Promise<string> {
    const path = join(work, 'one.safetensors');
    const header = JSON.stringify({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }).padEnd(64);
    const length = Buffer.alloc(8);
    length.writeUInt32LE(64);
    await writeFile(path, Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]));
    return path;
  }

  test('one class only', async () => {
    const folder = await pictureFolder(2, 20, 9);
    await rm(join(folder, 'red'), { recursive: true });
    const { code, stderr } = await wgrad(['train', '--train', folder, '--validation', folder, '--image-size', '20x20']);
    expect(stderr).toContain("has one class, 'blue'; wanted at least two to tell apart");
    expect(code).toBe(1);
    await rm(folder, { recursive: true });
  });

  test('a text file named .jpg', async () => {
    const folder = await pictureFolder(2, 20, 9);
    await writeFile(join(folder, 'red', 'letter.jpg'), 'dear all');
    const stopped = await wgrad([
      'train',
      '--train',
      folder,
      '--validation',
      validation,
      '--image-size',
      '20x20',
      '--out',
      join(work, 'letter'),
    ]);
    expect(stopped.stderr).toContain(`${join(folder, 'red', 'letter.jpg')}: it is`);
    expect(stopped.code).toBe(1);
    const skipped = await wgrad([...arguments_('letter', '--max-steps', '1', '--skip-broken'), '--train', folder]);
    expect(skipped.stderr).toContain('1 broken image left out:');
    expect(skipped.code).toBe(0);
    await rm(folder, { recursive: true });
  });
});

describe('the other commands', () => {
  test('info names the adapter', async () => {
    const { code, stdout } = await wgrad(['info', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).adapter).toMatchObject({ description: expect.any(String), limits: expect.any(Object) });
  });

  test('summary prints what Keras prints', async () => {
    const { stdout } = await wgrad(['summary']);
    const wanted = await readFile(join(import.meta.dirname, 'fixtures', 'summary.txt'), 'utf8');
    expect(stdout).toBe(wanted);
  });

  test('check passes on this adapter', async () => {
    const { code, stdout } = await wgrad(['check']);
    expect(stdout).toMatch(/\d+ kernels checked, 0 failed\n$/);
    expect(code).toBe(0);
  });

  test('--help and --version', async () => {
    expect((await wgrad(['--help'])).code).toBe(0);
    expect((await wgrad(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await wgrad([])).code).toBe(2);
  });
});
