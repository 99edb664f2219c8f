import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../src/formats/safetensors.js';
import { readInspection } from '../src/inspect/bytes.js';
import type { GalleryInfo, RunConfig, ShaderInfo } from '../src/studio/protocol.js';
import { UPLOAD_BYTES } from '../src/studio/protocol.js';
import { fileBelow } from '../src/studio/server/files.js';
import { RunRecord } from '../src/studio/server/record.js';
import { emptyRun } from '../src/studio/server/watch.js';
import { wgrad } from './helpers/cli.js';
import { pictureFolder } from './helpers/pictures.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

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

describe('who is answered', () => {
  const own = (): string => `http://127.0.0.1:${studio.port}`;

  test('the address with the token gives a cookie and hides the token', async () => {
    const { status, headers } = await studio.fetch(`/?token=${studio.token}`, { headers: { authorization: '' } });
    expect([status, headers.location]).toEqual([303, '/']);
    const [cookie] = headers['set-cookie'] as string[];
    expect(cookie).toContain('HttpOnly');
    const [pair] = cookie!.split(';');
    expect((await studio.fetch('/api/runs', { headers: { authorization: '', cookie: pair! } })).status).toBe(200);
  });

  test.each([
    ['no token', { authorization: '' }, 401],
    ['another token', { authorization: `Bearer ${'A'.repeat(43)}` }, 401],
    ['another cookie', { authorization: '', cookie: 'wgrad-studio=x' }, 401],
    ['a foreign Host, as after DNS rebinding', { host: 'example.org' }, 403],
    ['a Host with another port', { host: '127.0.0.1:1' }, 403],
    ['a foreign Origin', { origin: 'https://example.org' }, 403],
    ['an opaque Origin', { origin: 'null' }, 403],
    ['a page of another site, without an Origin', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
  ])('%s is refused', async (_, headers, wanted) => {
    for (const path of ['/', '/api/state', '/shaders/relu_forward.wgsl']) {
      const { status, body } = await studio.fetch(path, { headers });
      expect(status, path).toBe(wanted);
      expect(body.toString()).not.toContain(studio.token);
    }
  });

  test('a POST must have the Origin', async () => {
    expect((await studio.fetch('/api/inspect', { method: 'POST', headers: { origin: '' } })).status).toBe(403);
  });

  test.each([
    ['no token', () => ({ origin: own() }), 401],
    ['a foreign Origin', () => ({ origin: 'https://example.org', authorization: `Bearer ${studio.token}` }), 403],
    ['no Origin', () => ({ authorization: `Bearer ${studio.token}` }), 403],
    ['a foreign Host', () => ({ origin: own(), authorization: `Bearer ${studio.token}`, host: 'example.org' }), 403],
  ])('a socket with %s is refused', async (_, given, wanted) => {
    const { status } = await new Promise<{ status: number }>((resolve, reject) => {
      const headers: Record<string, string> = { host: `127.0.0.1:${studio.port}`, ...given() };
      const lines = Object.entries({ ...headers, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' });
      const socket = connect(studio.port, '127.0.0.1', () => {
        const text = [...lines, ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA==']].map(([name, value]) => `${name}: ${value}\r\n`);
        socket.write(`GET /live HTTP/1.1\r\n${text.join('')}\r\n`);
      });
      socket.on('data', data => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(String(data))![1]) }));
      socket.on('error', reject);
    });
    expect(status).toBe(wanted);
  });

  test('it listens on 127.0.0.1 alone, and lets the page load nothing from elsewhere', async () => {
    const { headers } = await studio.fetch('/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy.replaceAll(/ws:\/\/(127\.0\.0\.1|localhost):\d+/g, '')).not.toMatch(/https?:|wss?:|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    const other = await new Promise<string>(resolve => {
      const socket = connect(studio.port, '127.0.0.2', () => resolve('answered'));
      socket.on('error', ({ message }) => resolve(message));
    });
    expect(other).toContain('ECONNREFUSED');
  });
});

describe('paths', () => {
  test.each([
    ['/../package.json', 400],
    ['/shaders/../package.json', 400],
    ['/%2e%2e/package.json', 400],
    ['/shaders/%2e%2e%2fpackage.json', 400],
    ['/shaders/..%5cpackage.json', 400],
    ['/shaders/%252e%252e/package.json', 400],
    ['/shaders/a%00.wgsl', 400],
    ['/%zz', 400],
    ['//etc/passwd', 404],
    ['/shaders/none.wgsl', 404],
    ['/shaders/', 404],
    ['/api/none', 404],
  ])('%s: %i', async (path, wanted) => {
    const { status, body } = await studio.fetch(path);
    expect(status).toBe(wanted);
    expect(body.toString()).not.toContain('"dependencies"');
  });

  test('a link that leads out of the folder is refused, one within it is served', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wgrad-page-'));
    await mkdir(join(folder, 'page'));
    await writeFile(join(folder, 'secret.json'), '{}');
    await writeFile(join(folder, 'page', 'own.json'), '{"own":1}');
    await symlink(join(folder, 'secret.json'), join(folder, 'page', 'out.json'));
    await symlink(folder, join(folder, 'page', 'up'));
    await symlink(join(folder, 'page', 'own.json'), join(folder, 'page', 'in.json'));
    const page = join(folder, 'page');
    await expect(fileBelow(page, ['out.json'])).rejects.toMatchObject({ status: 403 });
    await expect(fileBelow(page, ['up', 'secret.json'])).rejects.toMatchObject({ status: 403 });
    expect(String((await fileBelow(page, ['in.json'])).content)).toBe('{"own":1}');
    await rm(folder, { recursive: true });
  });

  test('a shader is served as it is', async () => {
    const { status, body } = await studio.fetch('/shaders/relu_forward.wgsl');
    expect(status).toBe(200);
    expect(body.toString()).toBe(await readFile(join(import.meta.dirname, '../shaders/relu_forward.wgsl'), 'utf8'));
  });

  test('too large an upload is refused before it is read', async () => {
    const headers = { 'content-length': `${UPLOAD_BYTES + 1}` };
    expect((await studio.fetch('/api/inspect', { method: 'POST', headers, body: new Uint8Array(1) })).status).toBe(413);
  });

  test('so is one that does not say how large it is', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    const reply = studio.fetch('/api/inspect', { method: 'POST', headers, body: new Uint8Array(UPLOAD_BYTES + 1) });
    // The connection is closed with the answer, which may come before everything is sent.
    const status = await reply.then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(status);
  });
});

describe('commands', () => {
  test.each([
    ['{', 'no JSON'],
    ['{"type":"launch"}', "no command 'launch'"],
    ['{"type":"start"}', 'wanted an object'],
    ['{"type":"pause"}', 'no run is under way'],
  ])('%s is answered by an error', async (text, wanted) => {
    const page = await studio.connect();
    page.sendText(text);
    expect((await page.until('error')).message).toContain(wanted);
    page.close();
  });

  test('a run outside the folder of runs is refused, also by a link; so is a checkpoint', async () => {
    const page = await studio.connect();
    page.send({ type: 'start', config: { ...config('x'), out: join(runs, '..', 'elsewhere') } });
    expect((await page.until('error')).message).toContain('outside');
    await symlink(tmpdir(), join(runs, 'link'));
    page.send({ type: 'start', config: config('link/elsewhere') });
    await page.until('error', ({ message }) => message.includes('link/elsewhere'));
    page.send({ type: 'open', model: '/etc/passwd' });
    await page.until('error', ({ message }) => message.includes('/etc/passwd lies outside'));
    page.close();
  });

  test('what needs a model says so while there is none', async () => {
    const { status, body } = await studio.fetch('/api/model');
    expect([status, JSON.parse(String(body)).error]).toEqual([409, expect.stringContaining('no model yet')]);
  });

  test('a wrong folder ends the run with a message, and the server lives on', async () => {
    const page = await studio.connect();
    page.send({ type: 'start', config: { ...config('wrong'), train: join(train, 'none') } });
    const { message } = await page.until('state', ({ state }) => state === 'failed');
    expect(message).toContain('cannot read the folder');
    expect((await studio.fetch('/api/runs')).status).toBe(200);
    page.close();
  });
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
  expect(tensors['conv2d.kernel']!.shape).toEqual([3, 3, 3, 100]);
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
  expect(batch.tensors.pictures!.shape).toEqual([10, 20, 20, 3]);
  const said = batch.tensors.predictions!.data;
  for (let row = 0; row < 10; row++) expect(said[2 * row]! + said[2 * row + 1]!).toBeCloseTo(1, 5);
  expect(header<{ step: number; files: string[] }>(batch.metadata)).toMatchObject({ step, files: expect.arrayContaining([]) });

  const picture = readSafetensors('picture', await get('/api/picture?set=validation&index=12'));
  expect(picture.tensors.picture!.shape).toEqual([20, 20, 3]);
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
  expect((await post('/api/inspect', Buffer.from('no picture'))).status).toBe(400);
  expect((await post('/api/inspect')).status).toBe(400);
  expect((await post('/api/inspect?set=validation&index=0&label=2')).status).toBe(400);
  expect((await post('/api/batch')).status).toBe(405);

  const cam = readSafetensors('cam', (await post('/api/explain?kind=grad-cam', file)).body);
  expect(header(cam.metadata)).toMatchObject({ kind: 'grad-cam', step });
  expect(cam.tensors.map!.data.every(value => value >= 0)).toBe(true);
  const hidden = readSafetensors('occlusion', (await post('/api/explain?kind=occlusion', file)).body);
  expect(hidden.tensors.map!.shape).toEqual([20, 20]);
  const alike = JSON.parse(String((await post('/api/explain?kind=neighbours&set=train&index=7')).body));
  expect(alike.neighbours[0]).toMatchObject({ set: 'train', index: 7, distance: 0 });

  const gallery = JSON.parse(String(await get('/api/gallery?set=validation&count=5'))) as GalleryInfo;
  expect(gallery.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(20);
  expect(gallery.top).toHaveLength(5);
  expect(gallery.top.map(({ loss }) => loss)).toEqual(gallery.top.map(({ loss }) => loss).sort((a, b) => b - a));

  const { shaders } = JSON.parse(String(await get('/api/shaders'))) as { shaders: ShaderInfo[] };
  for (const { op, variant, variants } of shaders)
    expect([op, variants.map(({ name }) => name)]).toEqual([op, expect.arrayContaining([variant])]);
  const update = shaders.find(({ op, scope }) => op.startsWith('adam') && scope === 'conv2d.kernel')!;
  expect(update.variants[0]!.dispatches[0]!.source).toContain('fn main');

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
  expect([code, stderr]).toEqual([130, expect.stringContaining('Saved. Go on with --resume')]);
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
  const record = new RunRecord(emptyRun(1, config('long'), 'running', 100));
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
