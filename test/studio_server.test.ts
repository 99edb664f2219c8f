import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelToKeras } from '../src/formats/keras/config.js';
import { readSafetensors } from '../src/formats/safetensors.js';
import { readInspection } from '../src/inspect/bytes.js';
import { dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { SAMPLE } from '../src/run/sample.js';
import { RunRecord } from '../src/studio/engine/record.js';
import { emptyRun } from '../src/studio/engine/watch.js';
import { type GalleryInfo, type RunConfig, SAMPLE_FACES, type ShadersInfo } from '../src/studio/protocol.js';
import { wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';
import { type Page, type RunningStudio, startStudio } from './helpers/studio.js';

let train = '';
let validation = '';
let runs = '';
let studio: RunningStudio;

const config = (out: string, more: Partial<RunConfig> = {}): RunConfig => ({
  train,
  validation,
  out: join(runs, out),
  epochs: 2,
  batchSize: 10,
  imageSize: [20, 20],
  seed: 3,
  augment: true,
  ...more,
});

beforeAll(async () => {
  train = await pictureFolder(45, 20, 1);
  validation = await pictureFolder(10, 20, 2);
  runs = await mkdtemp(join(tmpdir(), 'wgrad-runs-'));
  await mkdir(join(runs, 'earlier'));
  const history = { loss: [0.7, 0.5], acc: [0.5, 0.8], val_loss: [0.6, 0.4], val_acc: [0.6, 0.9] };
  await writeFile(join(runs, 'earlier', 'history.json'), JSON.stringify({ seed: 9, batchSize: 10, date: '2026-01-02', history }));
  await mkdir(join(runs, 'spoilt'));
  await writeFile(join(runs, 'spoilt', 'history.json'), '{ "history":');
  studio = await startStudio(['studio', '--json', '--no-open', '--no-tune', '--runs', runs]);
});
afterAll(async () => {
  if (studio) expect((await studio.end()).code).toBe(0);
  for (const folder of [train, validation, runs]) await rm(folder, { recursive: true, force: true });
});

test('past runs are read from their folders, and spoilt ones left out', async () => {
  const { runs: found } = JSON.parse(String((await studio.fetch('/api/runs')).body));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ name: 'earlier', seed: 9, history: { val_loss: [0.6, 0.4] } });
});

const later = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 300));
const header = <T>(metadata: Readonly<Record<string, string>>): T => JSON.parse(metadata.wgrad!) as T;

test('a run from the page is paused, looked into, taken step by step, resumed, told to who comes late, and stopped', async () => {
  const page = await studio.connect();
  page.send({ type: 'start', config: config('first', { epochs: 400 }) });
  await page.until('run', ({ run }) => run.state === 'loading');
  const { run } = await page.until('run', ({ run }) => run.state === 'running');
  expect(run.stepsPerEpoch).toBe(9);
  expect(run.config.seed).toBe(3);
  const { data } = await page.until('data');
  expect(data.sets.map(({ name, samples, counts }) => [name, samples, counts])).toEqual([
    ['train', 90, [45, 45]],
    ['validation', 20, [10, 10]],
  ]);
  await page.until('steps');
  page.send({ type: 'pause' });
  const { step } = await page.until('state', ({ state }) => state === 'paused');
  expect(page.steps).toEqual(Array.from({ length: step }, (_, i) => i + 1));
  page.send({ type: 'start', config: config('second') });
  await page.until('error', ({ message }) => message.includes('a run is under way'));
  await later();
  expect(page.steps.at(-1)).toBe(step);

  // One step, and no more.
  page.send({ type: 'step' });
  await page.until('steps', ({ steps }) => steps.step.includes(step + 1));
  await later();
  expect(page.steps).toEqual(Array.from({ length: step + 1 }, (_, i) => i + 1));

  // A page that is opened now has everything so far.
  const late = await studio.connect();
  const hello = await late.until('hello');
  expect(hello.run?.state).toBe('paused');
  expect(hello.run?.steps.step).toEqual(page.steps);
  expect(hello.run?.steps.batchLoss.every(Number.isFinite)).toBe(true);
  expect(hello.model?.layers.map(({ className }) => className)).toContain('Conv2D');
  expect(hello.model?.count).toBe(hello.model?.layers.reduce((sum, { count }) => sum + count, 0));
  expect(hello.machine?.description).not.toBe('');
  late.close();
  await looksInside(step + 1);
  expect(page.steps.at(-1)).toBe(step + 1);

  page.send({ type: 'resume' });
  await page.until('state', ({ state, step: at }) => state === 'running' && at === step + 1);
  await page.until('steps', ({ steps }) => steps.step.includes(step + 2));
  const { epoch } = await page.until('epoch');
  expect(epoch.step % 9).toBe(0);
  expect(epoch.val_loss).toBeGreaterThan(0);
  const { norms } = await page.until('norms');
  expect(norms.parameters.map(({ name }) => name)).toContain('conv2d.kernel');
  for (const { name, weight, gradient } of norms.parameters)
    expect([name, weight > 0, Number.isFinite(gradient)]).toEqual([name, true, true]);
  expect(norms.dead.every(({ share }) => share >= 0 && share < 1)).toBe(true);

  page.send({ type: 'stop' });
  await page.until('state', ({ state }) => state === 'stopped');
  const { tensors } = readSafetensors('last', await readFile(join(runs, 'first', 'last.safetensors')));
  expect(tensors.get('conv2d.kernel')!.shape).toEqual([3, 3, 3, 100]);
  const { runs: listed } = await page.until('runs', ({ runs }) => runs.some(({ name }) => name === 'first'));
  expect(listed.find(({ name }) => name === 'first')?.checkpoints).toContain(join(runs, 'first', 'last.safetensors'));
  page.close();
});

/** What the paused run's model and data answer. */
async function looksInside(step: number): Promise<void> {
  const get = async (path: string) => {
    const { status, body } = await studio.fetch(path);
    expect([path, status, status === 200 ? '' : String(body)]).toEqual([path, 200, '']);
    return body;
  };
  const post = async (path: string, body?: Uint8Array) => studio.fetch(path, { method: 'POST', ...(body && { body }) });
  const batch = readSafetensors('batch', await get('/api/batch'));
  expect(batch.tensors.get('pictures')!.shape).toEqual([10, 20, 20, 3]);
  const said = batch.tensors.get('predictions')!.data;
  for (let row = 0; row < 10; row++) expect(said[2 * row]! + said[2 * row + 1]!).toBeCloseTo(1, 5);
  expect(header<{ step: number; files: string[] }>(batch.metadata)).toMatchObject({ step, files: expect.arrayContaining([]) });

  const { headers, body } = await studio.fetch('/api/picture?set=validation&index=12');
  expect(headers['content-length']).toBe(`${body.length}`);
  const picture = readSafetensors('picture', body);
  expect(picture.tensors.get('picture')!.shape).toEqual([20, 20, 3]);
  expect(header(picture.metadata)).toMatchObject({ set: 'validation', index: 12, label: 1 });
  expect((await studio.fetch('/api/picture?set=validation&index=20')).status).toBe(404);
  expect((await studio.fetch('/api/picture?set=test&index=0')).status).toBe(400);

  const file = await readFile(join(validation, 'red', '2.png'));
  const dropped = readInspection('inspect', (await post('/api/inspect?label=1', file)).body);
  const stored = readInspection('inspect', (await post('/api/inspect?set=validation&index=12')).body);
  expect(header<{ file: string }>(picture.metadata).file).toContain('2.png');
  expect(dropped.tensors['layer0/output']!.shape).toEqual([1, 18, 18, 100]);
  for (const name of ['probabilities', 'layer0/kernel/gradient', 'layer0/kernel/updated']) {
    expect(dropped.tensors[name]!.data, name).toEqual(stored.tensors[name]!.data);
  }
  expect(stored.optimizer.step).toBe(step + 1);
  const row = readInspection('inspect', (await post('/api/inspect?row=3&training=1')).body);
  expect(row.training).toBe(true);
  const lean = readInspection('inspect', (await post('/api/inspect?row=3&training=1&state=0')).body);
  expect(
    Object.keys(row.tensors)
      .filter(name => !(name in lean.tensors))
      .every(name => /^layer[1-9]\/(kernel|bias)/.test(name)),
  ).toBe(true);
  expect(lean.tensors['layer0/kernel/v/updated']!.data).toEqual(row.tensors['layer0/kernel/v/updated']!.data);
  expect('layer6/kernel' in lean.tensors).toBe(false);
  expect((await post('/api/inspect?row=3&state=x')).status).toBe(400);
  // What a view of a large network asks for first, and then.
  const first = readInspection('inspect', (await post('/api/inspect?row=3&training=1&layers=0&forward=1')).body);
  const head = ['labels', 'loss', 'logits', 'probabilities'];
  expect(Object.keys(first.tensors).sort()).toEqual(['input', ...head, 'layer0/output', 'layer0/pre_activation'].sort());
  const second = readInspection('inspect', (await post('/api/inspect?row=3&training=1&layers=0')).body);
  expect(Object.keys(second.tensors).filter(name => /^layer[1-9]/.test(name))).toEqual([]);
  for (const part of [first, second])
    for (const [name, { data }] of Object.entries(part.tensors)) expect(data, name).toEqual(row.tensors[name]!.data);
  expect(second.tensors['layer0/kernel/v/updated']).toBeDefined();
  expect((await post('/api/inspect?row=3&layers=99')).status).toBe(400);
  expect((await post('/api/inspect?row=3&forward=2')).status).toBe(400);
  expect((await post('/api/inspect', Buffer.from('no picture'))).status).toBe(400);
  expect((await post('/api/inspect')).status).toBe(400);
  expect((await post('/api/inspect?set=validation&index=0&label=2')).status).toBe(400);
  expect((await post('/api/batch')).status).toBe(405);

  const cam = readSafetensors('cam', (await post('/api/explain?kind=grad-cam', file)).body);
  expect(header(cam.metadata)).toMatchObject({ kind: 'grad-cam', step });
  expect(cam.tensors.get('map')!.data.every(value => value >= 0)).toBe(true);
  const hidden = readSafetensors('occlusion', (await post('/api/explain?kind=occlusion', file)).body);
  expect(hidden.tensors.get('map')!.shape).toEqual([20, 20]);
  const alike = JSON.parse(String((await post('/api/explain?kind=neighbours&set=train&index=7')).body));
  // It is not its own neighbour.
  expect(alike.neighbours).toHaveLength(12);
  expect(alike.neighbours.filter(({ set, index }: { set: string; index: number }) => set === 'train' && index === 7)).toEqual([]);
  expect(alike.neighbours[1].distance).toBeGreaterThan(alike.neighbours[0].distance);

  const gallery = JSON.parse(String(await get('/api/gallery?set=validation&count=5'))) as GalleryInfo;
  expect(gallery.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(20);
  expect(gallery.top).toHaveLength(5);
  expect(gallery.top.map(({ loss }) => loss)).toEqual(gallery.top.map(({ loss }) => loss).sort((a, b) => b - a));

  const { shaders, tensors } = JSON.parse(String(await get('/api/shaders'))) as ShadersInfo;
  for (const { op, variant, variants } of shaders)
    expect([op, variants.map(({ name }) => name)]).toEqual([op, expect.arrayContaining([variant])]);
  const update = shaders.find(({ op, scope }) => op === 'adam' && scope === 'optimizer')!;
  expect(update.variants[0]!.dispatches[0]!.source).toContain('fn main');
  expect(tensors['layer0/kernel/m/updated']).toMatchObject({ node: shaders.indexOf(update), output: 'moment', first: 0 });

  const model = readSafetensors('model', await get('/api/model'));
  expect(header<{ step: number }>(model.metadata).step).toBe(step);
}

const trainArguments = (out: string, epochs = 2): string[] => {
  const folders = ['--train', train, '--validation', validation, '--out', join(runs, out)];
  return ['train', ...folders, '--image-size', '20x20', '--seed', '3', '--no-tune', '--epochs', `${epochs}`];
};

describe('the same numbers', () => {
  let plain: Buffer;
  beforeAll(async () => {
    const { code, stderr } = await wgrad(trainArguments('plain'));
    expect([code, stderr]).toEqual([0, expect.anything()]);
    plain = await readFile(join(runs, 'plain', 'last.safetensors'));
  });

  test('come from a run of the page, paused and looked into on its way', async () => {
    const page = await studio.connect();
    page.send({ type: 'start', config: config('watched') });
    const { run } = await page.until('run', ({ run }) => run.state === 'running');
    page.send({ type: 'pause' });
    await page.until('state', ({ state }) => state === 'paused');
    for (let i = 0; i < 3; i++) page.send({ type: 'step' });
    const inspected = await studio.fetch('/api/inspect?set=train&index=1&training=1', { method: 'POST' });
    expect(inspected.status).toBe(200);
    expect((await studio.fetch('/api/gallery')).status).toBe(200);
    page.send({ type: 'resume' });
    const { step } = await page.until('state', ({ state }) => state === 'ended');
    expect([step, run.id > 0]).toEqual([18, true]);
    expect((await readFile(join(runs, 'watched', 'last.safetensors'))).equals(plain)).toBe(true);
    page.close();
  });

  test('come from `wgrad train --studio`, which serves on after its end until Ctrl-C', async () => {
    const own = await startStudio([...trainArguments('streamed'), '--studio']);
    const page = await own.connect();
    const hello = await page.until('hello');
    expect(hello.canStart).toBe(false);
    if (hello.run?.state !== 'ended') await page.until('state', ({ state }) => state === 'ended');
    expect((await readFile(join(runs, 'streamed', 'last.safetensors'))).equals(plain)).toBe(true);
    expect(JSON.parse(String((await own.fetch('/api/gallery')).body)).confusion).toHaveLength(2);
    page.send({ type: 'start', config: config('other') });
    await page.until('error', ({ message }) => message.includes('watches one run'));
    expect((await own.end()).code).toBe(0);
  });
});

test('Ctrl-C ends `wgrad train --studio` as it ends train: saved, with 130', async () => {
  const own = await startStudio([...trainArguments('interrupted', 400), '--studio']);
  const page = await own.connect();
  page.send({ type: 'pause' });
  await page.until('state', ({ state }) => state === 'paused');
  const { code, stderr } = await own.end();
  expect([code, stderr]).toEqual([130, expect.stringContaining('Saved. Resume with --resume')]);
});

test('Ctrl-C ends `wgrad studio` and the run that it computes: saved, with 130', async () => {
  const own = await startStudio(['studio', '--json', '--no-open', '--no-tune', '--runs', runs]);
  const page = await own.connect();
  page.send({ type: 'start', config: config('cut', { epochs: 400 }) });
  await page.until('steps');
  expect((await own.end()).code).toBe(130);
  const { metadata } = readSafetensors('last', await readFile(join(runs, 'cut', 'last.safetensors')));
  expect(header<{ step: number }>(metadata).step).toBeGreaterThan(0);

  // It goes on from there, and a checkpoint is opened with pictures of its own.
  const resume = join(runs, 'cut', 'last.safetensors');
  const next = await startStudio(['studio', resume, '--data', validation, '--json', '--no-open', '--no-tune', '--runs', runs]);
  const other = await next.connect();
  const { model } = (await other.until('hello')).model ? await other.until('hello') : await other.until('model');
  expect(model?.classes).toEqual(['blue', 'red']);
  expect((await next.fetch('/api/picture?set=validation&index=0')).status).toBe(200);
  expect((await next.fetch('/api/picture?set=train&index=0')).status).toBe(404);
  other.send({ type: 'start', config: config('cut', { resume, maxSteps: header<{ step: number }>(metadata).step + 2 }) });
  const { step } = await other.until('state', ({ state }) => state === 'ended');
  expect(step).toBe(header<{ step: number }>(metadata).step + 2);
  expect((await next.end()).code).toBe(0);
});

test('a record of a very long run stays small', () => {
  const record = new RunRecord(emptyRun({ id: 1, config: config('long') }, 'running', 100));
  for (let step = 1; step <= 100_000; step += 10) {
    const ten = Array.from({ length: 10 }, (_, i) => step + i);
    record.note({ type: 'steps', steps: { step: ten, epoch: ten, loss: ten, acc: ten, batchLoss: ten, ms: ten } });
  }
  const { steps } = record.history;
  expect(steps.step.length).toBeGreaterThan(2000);
  expect(steps.step.length).toBeLessThanOrEqual(8200);
  expect(steps.loss).toEqual(steps.step);
  expect(new Set(steps.step.slice(1).map((step, i) => step - steps.step[i]!)).size).toBe(1);
});

test('a run takes drawn faces and a network that was built on the page, whose file its folder keeps', async () => {
  const page = await studio.connect();
  const config20 = config('built', { train: SAMPLE_FACES, validation: SAMPLE_FACES, epochs: 1, maxSteps: 1 });
  const network = JSON.stringify(modelToKeras(sequential([flatten({ inputShape: [12, 12, 3] }), dense(2, { activation: 'softmax' })]), 3));
  page.send({ type: 'start', config: config20, network });
  const { run } = await page.until('run', each => each.run.state === 'running');
  expect(run.config.imageSize).toEqual([12, 12]);
  const { model } = await page.until('model');
  expect(model.layers.map(({ kind }) => kind)).toEqual(['flatten', 'dense']);
  const { data } = await page.until('data');
  expect(data.sets.map(({ samples }) => samples)).toEqual([2 * SAMPLE.images, (2 * SAMPLE.images) / 8]);
  await page.until('state', ({ state }) => state === 'ended' || state === 'stopped');
  expect(await readFile(join(runs, 'built', 'network.json'), 'utf8')).toBe(network);
  page.close();
});

test('a run that goes on has the network of its checkpoint, whatever the form still says of another', async () => {
  const page = await studio.connect();
  const resume = join(runs, 'built', 'last.safetensors');
  const faces = { train: SAMPLE_FACES, validation: SAMPLE_FACES, epochs: 1, maxSteps: 2 };
  for (const network of [join(runs, 'built', 'network.json'), join(runs, 'gone.json')]) {
    const from = page.events.length;
    page.send({ type: 'start', config: config('built', { ...faces, resume, network, overwrite: true }) });
    const { run } = await page.until('run', each => each.run.state === 'running', from);
    expect([run.config.network, run.config.resume]).toEqual([undefined, resume]);
    await page.until('state', ({ state }) => state === 'ended' || state === 'stopped', from);
  }
  page.close();
});

describe('a second run of the page', () => {
  const end = (page: Page, from: number) => page.until('state', ({ state }) => ['ended', 'stopped', 'failed'].includes(state), from);

  test('is proposed a folder that is free, when the first begins, ends, and to who comes late', async () => {
    const page = await studio.connect();
    const { defaults } = await page.until('hello');
    await mkdir(join(runs, 'studio-1'), { recursive: true });
    page.send({ type: 'start', config: config('studio-2', { epochs: 1, maxSteps: 1 }) });
    await page.until('runs', ({ out }) => out === `${runs}/studio-3`);
    await end(page, 0);
    const late = await studio.connect();
    expect([defaults.out, (await late.until('hello')).defaults.out]).toEqual([`${runs}/studio-1`, `${runs}/studio-3`]);
    for (const each of [page, late]) each.close();
  });

  test("leaves the first's files alone unless it is asked to write over them", async () => {
    const names = ['last.safetensors', 'history.json', 'network.json'];
    const files = (): Promise<string[]> => Promise.all(names.map(name => readFile(join(runs, 'built', name), 'latin1')));
    const before = await files();
    const page = await studio.connect();
    const network = JSON.stringify(
      modelToKeras(sequential([flatten({ inputShape: [14, 14, 3] }), dense(2, { activation: 'softmax' })]), 3),
    );
    for (const more of [{ network }, {}]) {
      const from = page.events.length;
      page.send({ type: 'start', config: config('built', { epochs: 1, maxSteps: 1 }), ...more });
      const { state, message } = await end(page, from);
      expect([state, message]).toEqual(['failed', expect.stringContaining("has a run's checkpoint, ")]);
      expect(await files()).toEqual(before);
    }
    const from = page.events.length;
    page.send({ type: 'start', config: config('built', { epochs: 1, maxSteps: 1, overwrite: true }) });
    expect((await end(page, from)).state).not.toBe('failed');
    expect((await files())[0]).not.toBe(before[0]);
    page.close();
  });

  test('that cannot begin leaves no network behind, which would make its folder a used one', async () => {
    const page = await studio.connect();
    page.send({ type: 'start', config: config('wrong'), network: '{"layers": 1}' });
    expect((await end(page, 0)).state).toBe('failed');
    expect(await readdir(join(runs, 'wrong'))).toEqual([]);
    page.close();
  });
});
