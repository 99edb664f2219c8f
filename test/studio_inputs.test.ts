import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readCheckpoint } from '../src/formats/checkpoint.js';
import { parseCommand } from '../src/studio/engine/commands.js';
import { ROUTES, type RunConfig } from '../src/studio/protocol.js';
import { pastRuns } from '../src/studio/server/runs.js';
import { StudioServer } from '../src/studio/server/server.js';
import { wgrad } from './helpers/cli.js';
import { type RunningStudio, startStudio } from './helpers/studio.js';

const DATA = join(import.meta.dirname, '../data');

/** What a message must not show. */
const NOT_FOR_PEOPLE = /undefined|\[object|null|NaN|Cannot |\n\s+at /;

let runs = '';
let studio: RunningStudio;
let steps: number;

beforeAll(async () => {
  runs = await mkdtemp(join(tmpdir(), 'wgrad-runs-'));
  await writeFile(join(runs, 'text.safetensors'), 'no checkpoint');
  const model = join(DATA, 'lesson.safetensors');
  const options = ['--data', join(DATA, 'faces'), '--runs', runs, '--json', '--no-open', '--no-tune', '--device', 'cpu'];
  studio = await startStudio(['studio', model, ...options]);
  const page = await studio.connect();
  steps = (await page.until('model')).model.step;
  await page.until('data');
  page.close();
});
afterAll(async () => {
  if (studio) expect((await studio.end()).code).toBe(0);
  await rm(runs, { recursive: true, force: true });
});

const whole = ['-1', '1.5', 'abc', 'NaN', 'Infinity', '1e3', '', '%20', '9999999999', '0x1', '١', '1'.repeat(5000)];
const PICTURE = 'set=validation&index=0';
const MOVE = `${PICTURE}&weight=layer0/kernel&number=5&moves=0.1`;
/** Each parameter of each route, and values that are wrong for it. */
const PARAMETERS: readonly (readonly [method: 'GET' | 'POST', route: string, query: string, name: string, values: readonly string[]])[] = [
  ['GET', ROUTES.picture, '', 'set', ['', 'test', 'toString', '__proto__']],
  ['GET', ROUTES.picture, 'set=validation', 'index', [...whole, '999999999']],
  ['GET', ROUTES.gallery, '', 'set', ['', 'all']],
  ['GET', ROUTES.gallery, 'set=validation', 'count', whole],
  ['POST', ROUTES.inspect, '', 'row', [...whole, '3']],
  ['POST', ROUTES.inspect, 'set=validation', 'index', [...whole, '999999999']],
  ['POST', ROUTES.inspect, 'index=0', 'set', ['', 'test']],
  ['POST', ROUTES.inspect, PICTURE, 'label', [...whole, '2', '999999999']],
  ['POST', ROUTES.inspect, PICTURE, 'training', ['', '2', 'true']],
  ['POST', ROUTES.inspect, PICTURE, 'state', ['', 'all', '-1', '0,', '0,abc', '99', '99999']],
  ['POST', ROUTES.explain, PICTURE, 'kind', ['', 'saliency', 'constructor']],
  ['POST', ROUTES.explain, PICTURE, 'label', [...whole, '2']],
  ['POST', ROUTES.explain, `${PICTURE}&kind=occlusion`, 'label', [...whole, '99']],
  ['POST', ROUTES.explain, PICTURE, 'layer', [...whole, '99', '999999999', '4']],
  ['POST', ROUTES.explain, `${PICTURE}&kind=neighbours`, 'layer', [...whole, '99']],
  ['POST', ROUTES.explain, `${PICTURE}&kind=neighbours`, 'index', [...whole, '999999999']],
  ['GET', ROUTES.convolutions, 'side=8&channels=8', 'side', [...whole, '0', '2', '6', '68']],
  ['GET', ROUTES.convolutions, 'side=8&channels=8', 'channels', [...whole, '0', '6', '68', '999999999']],
  ['POST', ROUTES.move, MOVE, 'label', [...whole, '2']],
  ['POST', ROUTES.move, MOVE, 'weight', ['', 'kernel', 'layer0', 'layer1/kernel', 'layer99/kernel', 'layer0/toString', 'layer0/kernel/m']],
  ['POST', ROUTES.move, MOVE, 'number', [...whole, '162', '999999999']],
  ['POST', ROUTES.move, MOVE, 'moves', ['', 'NaN', 'Infinity', '1e999', '0.1,', 'abc', '1'.repeat(5000), Array(33).fill('0.1').join()]],
];

describe('what a page may ask for', () => {
  test.each(PARAMETERS)('%s %s?%s: wrong values of %s', async (method, route, query, name, values) => {
    for (const value of values) {
      const rest = query.split('&').filter(each => each && !each.startsWith(`${name}=`));
      const path = `${route}?${[...rest, `${name}=${value}`].join('&')}`;
      const { status, body } = await studio.fetch(path.includes('١') ? encodeURI(path) : path, { method });
      expect([400, 404, 409], `${path.slice(0, 80)}: ${status} ${body}`).toContain(status);
      const { error } = JSON.parse(String(body));
      expect(error.replace(`'${value}'`, ''), path).not.toMatch(NOT_FOR_PEOPLE);
      expect(error.length).toBeGreaterThan(10);
      expect(error.length).toBeLessThan(200);
    }
  });

  test('each answers one method', async () => {
    for (const route of Object.values(ROUTES)) {
      const allowed = [ROUTES.inspect, ROUTES.explain, ROUTES.move].some(each => each === route) ? 'POST' : 'GET';
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'].filter(each => each !== allowed)) {
        const { status, body } = await studio.fetch(route, { method });
        expect(status, `${method} ${route}`).toBe(405);
        expect(JSON.parse(String(body)).error).toContain(allowed);
      }
    }
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['a text', Buffer.from('no picture')],
    ['the beginning of a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['the beginning of a JPEG', Buffer.from('ffd8ffe000104a464946', 'hex')],
  ])('a file that holds %s is no picture', async (_, file) => {
    const { status, body } = await studio.fetch(ROUTES.inspect, { method: 'POST', body: file });
    expect(status, String(body)).toBe(400);
    expect(JSON.parse(String(body)).error).toContain('picture');
  });

  test('and right ones are answered after all of that', async () => {
    for (const kind of ['grad-cam', 'occlusion', 'neighbours']) {
      const { status, body } = await studio.fetch(`${ROUTES.explain}?${PICTURE}&kind=${kind}&label=1`, { method: 'POST' });
      expect(status, `${kind}: ${body.subarray(0, 200)}`).toBe(200);
    }
    expect((await studio.fetch(`${ROUTES.move}?${MOVE}`, { method: 'POST' })).status).toBe(200);
  });
});

const config: RunConfig = {
  train: join(DATA, 'none'),
  validation: join(DATA, 'faces'),
  out: 'out',
  epochs: 1,
  batchSize: 10,
  imageSize: [20, 20],
  augment: true,
};

const WRONG_COMMANDS: readonly (readonly [text: string, message: string])[] = [
  ['', 'not JSON'],
  ['[]', 'a command: wanted an object'],
  ['null', 'a command: wanted an object'],
  ['{}', 'no command missing; wanted start'],
  ['{"type":{"a":[1]}}', 'no command {"a":[1]}'],
  [`{"type":"${'x'.repeat(60_000)}"}`, 'x…; wanted start'],
  ['{"type":"__proto__"}', 'no command "__proto__"'],
  ['{"type":"open"}', 'model: it is empty'],
  ['{"type":"open","model":"a","classes":["x","x"]}', 'classes: ["x","x"]; wanted different names'],
  ['{"type":"open","model":"a","rescale":"x"}', 'rescale: "x"; wanted a number'],
  ['{"type":"open","model":"a","network":7}', 'network: 7; wanted a path'],
  ['{"type":"open","model":7}', 'model: 7; wanted a path'],
  ['{"type":"open","model":"a\\u0000b"}', 'model: "a\\u0000b"; wanted a path'],
  [JSON.stringify({ type: 'open', model: 'x'.repeat(5000) }), 'wanted a path'],
  ...(
    [
      ['epochs', 0, 'epochs: 0; wanted a whole number of at least 1'],
      ['epochs', '3', 'epochs: "3"; wanted a whole number'],
      ['batchSize', { a: 1 }, 'batchSize: {"a":1}; wanted a whole number'],
      ['batchSize', null, 'batchSize: null; wanted a whole number'],
      ['imageSize', [20], 'imageSize: wanted [height, width]'],
      ['imageSize', [20, -1], 'width: -1; wanted a whole number'],
      ['seed', 2 ** 32, 'seed: 4294967296; wanted a whole number from 0 to 4294967295'],
      ['augment', 1, 'augment: wanted true or false'],
      ['learningRate', [1], 'learningRate: [1]; wanted a number over 0'],
      ['zoomRange', '0.2,x', 'zoomRange: "0.2,x"; wanted a number from 0 to 100'],
      ['brightnessRange', [1], 'brightnessRange: [1]; wanted two numbers, LOW,HIGH'],
      ['fillMode', 'mirror', 'fillMode: "mirror"; wanted '],
      ['train', ' ', 'train: " "; wanted a path'],
      ['resume', 1e308, 'resume: 1e+308; wanted a path'],
    ] as const
  ).map(([name, value, message]) => [JSON.stringify({ type: 'start', config: { ...config, [name]: value } }), message] as const),
  ...(
    [
      [{ accuracy: 95, epochs: 3, seconds: 60 }, 'goal: 95; wanted a number from 0 to 1'],
      [{ accuracy: 0.95, epochs: 3 }, 'goal: missing; wanted a number from 0 on'],
      [7, 'goal: 7; wanted an object'],
    ] as const
  ).map(([goal, message]) => [JSON.stringify({ type: 'start', config, goal }), message] as const),
];

describe('commands', () => {
  test.each(WRONG_COMMANDS)('%.60s says what is wrong', (text, message) => {
    expect(() => parseCommand(text, process.platform)).toThrow(message);
  });

  test('numbers as they are typed into a form are those of the command line', () => {
    const typed = { ...config, rotationRange: '40', zoomRange: '0.8,1.2', widthShiftRange: '5,10', fillMode: 'wrap' };
    const read = { ...config, rotationRange: 40, zoomRange: [0.8, 1.2], widthShiftRange: [5, 10], fillMode: 'wrap' };
    expect(parseCommand(JSON.stringify({ type: 'start', config: typed }), process.platform)).toEqual({ type: 'start', config: read });
  });

  test('a checkpoint that can’t be opened, or a run that can’t begin, leaves the model that was there', async () => {
    const page = await studio.connect();
    const seen = page.events.length;
    page.send({ type: 'open', model: join(runs, 'text.safetensors') });
    expect((await page.until('error', () => true, seen)).message).toContain('text.safetensors');
    page.send({ type: 'open', model: join(runs, 'none.safetensors') });
    expect((await page.until('error', ({ message }) => message.includes('none.safetensors'), seen)).message).toContain('does not exist');
    page.send({ type: 'start', config: { ...config, out: join(runs, 'wrong') } });
    const { message, step } = await page.until('state', ({ state }) => state === 'failed', seen);
    expect([message, step]).toEqual([expect.stringContaining('none'), 0]);
    const { status, body } = await studio.fetch(ROUTES.model);
    expect(status).toBe(200);
    expect(readCheckpoint('the answer', body).step).toBe(steps);
    expect((await studio.fetch(`${ROUTES.explain}?${PICTURE}`, { method: 'POST' })).status).toBe(200);
    page.close();
  });
});

test('a taken port is said, and the program ends', async () => {
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await wgrad(['studio', '--port', `${port}`, '--no-open', '--runs', runs, '--no-tune']);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`--port ${port} is taken`)]);
  other.close();
});

describe('a server with slow and greedy clients', () => {
  let server: StudioServer;
  let port: number;
  let token: string;
  const headers = (): Record<string, string> => ({ authorization: `Bearer ${token}` });

  beforeAll(async () => {
    const unused = (): never => {
      throw new Error('not asked for here');
    };
    const hello = async (): Promise<unknown> => ({ type: 'hello' });
    server = new StudioServer({ page: runs, shaders: runs, hello, runs: async () => [], ask: unused, command: unused }, { headMs: 700 });
    await server.listen(0);
    const url = new URL(server.url);
    port = Number(url.port);
    token = url.searchParams.get('token')!;
  });
  afterAll(() => server.close());

  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: headers(), origin: `http://127.0.0.1:${port}` });
    socket.on('error', () => {});
    await new Promise((resolve, reject) => socket.once('message', resolve).once('close', () => reject(new Error('closed'))));
    return socket;
  };
  const closed = (socket: WebSocket): Promise<unknown> => new Promise(resolve => socket.once('close', resolve));

  test('a page that does not read what it is told is let go, and takes no more than so much', async () => {
    const socket = await open();
    socket.pause();
    const event = { type: 'log', text: 'x'.repeat(2 ** 20) };
    const before = process.memoryUsage().arrayBuffers;
    // The system's own buffers take some; then it waits here.
    for (let i = 0; i < 200; i++) {
      server.broadcast(event);
      await new Promise(setImmediate);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 2 ** 20);
    socket.resume();
    await closed(socket);
  });

  test('so is one that sends commands without end', async () => {
    const socket = await open();
    const end = closed(socket);
    for (let i = 0; i < 1000; i++) socket.send('{');
    await end;
  });

  test('too large a message closes its socket', async () => {
    const socket = await open();
    const end = closed(socket);
    socket.send('x'.repeat(65 * 2 ** 10));
    await end;
  });

  test('there are no more than so many pages', async () => {
    const pages: WebSocket[] = [];
    await expect(
      (async () => {
        for (let i = 0; i < 100; i++) pages.push(await open());
      })(),
    ).rejects.toThrow('closed');
    expect(pages).toHaveLength(32);
    for (const page of pages) page.terminate();
  });

  test.each([
    ['a header without end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}`, '431'],
    ['no HTTP', 'hello\r\n\r\n', '400'],
  ])('%s is refused', async (_, text, wanted) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const answer = await new Promise<string>(resolve => socket.once('data', data => resolve(String(data))));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${wanted}`));
    socket.destroy();
  });

  test('a head that comes a letter at a time is not waited for', async () => {
    const begun = performance.now();
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n'));
    socket.on('error', () => {});
    const drip = setInterval(() => socket.write('x'), 100);
    await new Promise(resolve => socket.once('close', resolve).resume());
    clearInterval(drip);
    expect(performance.now() - begun).toBeLessThan(4000);
  });
});

test('models of all kinds in the folder of a run can be opened: files by their names, folders by what is in them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-runs-'));
  await writeFile(join(folder, 'history.json'), '{"history":{"loss":[1]}}');
  const models = ['a.keras', 'b.h5', 'c.safetensors', 'd/saved_model.pb', 'e/model.json'];
  for (const name of [...models, 'f.onnx', 'g.png', '.tmp-1.keras', 'h/other.pb']) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), '');
  }
  const [run] = await pastRuns(folder);
  expect(run!.checkpoints).toEqual(['a.keras', 'b.h5', 'c.safetensors', 'd', 'e'].map(name => join(folder, name)));
  await rm(folder, { recursive: true });
});

test('a file that is no history is told by its size, before it is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-runs-'));
  await writeFile(join(folder, 'history.json'), '');
  await truncate(join(folder, 'history.json'), 400 * 2 ** 20);
  const before = process.resourceUsage().maxRSS;
  expect(await pastRuns(folder)).toEqual([]);
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(100 * 2 ** 10);
  await rm(folder, { recursive: true });
});
