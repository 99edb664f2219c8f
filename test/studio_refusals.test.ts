import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunConfig, UPLOAD_BYTES } from '../src/studio/protocol.js';
import { fileBelow } from '../src/studio/server/files.js';
import { StudioServer } from '../src/studio/server/server.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

let runs = '';
let studio: RunningStudio;

const config = (out: string): RunConfig => ({
  train: join(runs, 'none'),
  validation: join(runs, 'none'),
  out,
  epochs: 1,
  batchSize: 10,
  imageSize: [20, 20],
  augment: true,
});

beforeAll(async () => {
  runs = await mkdtemp(join(tmpdir(), 'wgrad-runs-'));
  studio = await startStudio(['studio', '--json', '--no-open', '--no-tune', '--runs', runs]);
});
afterAll(async () => {
  if (studio) expect((await studio.end()).code).toBe(0);
  await rm(runs, { recursive: true, force: true });
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

  test('a browser without the token gets a page that says which address to open', async () => {
    for (const path of ['/', '/?token=wrong']) {
      const { status, headers, body } = await studio.fetch(path, { headers: { authorization: '' } });
      expect([status, headers['content-type']]).toEqual([401, 'text/html; charset=utf-8']);
      expect(String(body)).toContain('Open the studio by the whole address');
    }
    const { status, headers } = await studio.fetch('/api/state', { headers: { authorization: '' } });
    expect([status, headers['content-type']]).toEqual([401, 'application/json']);
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

  test('a page that is not built says what to run', async () => {
    const unused = (): never => {
      throw new Error('not asked for here');
    };
    const server = new StudioServer({ page: join(runs, 'none'), shaders: runs, hello: unused, runs: unused, ask: unused, command: unused });
    await server.listen(0);
    const { origin, searchParams } = new URL(server.url);
    const answer = await fetch(origin, { headers: { authorization: `Bearer ${searchParams.get('token')}` } });
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('npm run build')]);
    await server.close();
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
    ['{', 'not JSON'],
    ['{"type":"launch"}', 'no command "launch"'],
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
    page.send({ type: 'start', config: config(join(runs, '..', 'elsewhere')) });
    expect((await page.until('error')).message).toContain('outside');
    await symlink(tmpdir(), join(runs, 'link'));
    page.send({ type: 'start', config: config(join(runs, 'link', 'elsewhere')) });
    await page.until('error', ({ message }) => message.includes('link/elsewhere'));
    page.send({ type: 'open', model: '/etc/passwd' });
    await page.until('error', ({ message }) => message.includes('/etc/passwd lies outside'));
    page.send({ type: 'open', model: join(runs, 'a.h5'), network: '/etc/hosts' });
    await page.until('error', ({ message }) => message.includes('/etc/hosts lies outside'));
    page.send({ type: 'start', config: { ...config(join(runs, 'new')), network: '/etc/group' } });
    await page.until('error', ({ message }) => message.includes('/etc/group lies outside'));
    page.close();
  });

  test('what needs a model says so while there is none', async () => {
    const { status, body } = await studio.fetch('/api/model');
    expect([status, JSON.parse(String(body)).error]).toEqual([409, expect.stringContaining('no model yet')]);
  });

  test('a wrong folder ends the run with a message, and the server lives on', async () => {
    const page = await studio.connect();
    page.send({ type: 'start', config: config(join(runs, 'wrong')) });
    const { message } = await page.until('state', ({ state }) => state === 'failed');
    expect(message).toContain('cannot read the folder');
    expect((await studio.fetch('/api/runs')).status).toBe(200);
    page.close();
  });
});
