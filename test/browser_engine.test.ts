import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadFile } from '../src/data/load_file.js';
import { compileCheckpoint, readCheckpoint } from '../src/formats/checkpoint.js';
import type { EnginePage } from './browser/engine.js';
import { noChromium, openChromium } from './helpers/chromium.js';
import { useGpu } from './helpers/gpu.js';
import { hasShared, shared } from './helpers/shared.js';

const root = join(import.meta.dirname, '..');
const lesson = join(root, 'data/lesson.safetensors');
const trained = join(shared, 'goldens/trained.safetensors');
const hasTrained = hasShared('goldens/trained.safetensors');

/** How far the browser's probabilities, and weights after a step, may lie from Node's. */
const TOLERANCE = 1e-4;

if (noChromium) console.log(`not run: the engine in a browser; ${noChromium}`);
else if (!hasTrained) console.log(`not run: the trained network in a browser; ${trained} is not part of the project`);

/** Serves a page that loads the engine, the shaders, and files by name, to this machine alone. */
class EngineServer {
  readonly files = new Map<string, Uint8Array | string>([
    ['/', '<!doctype html><title>engine</title><script type="module" src="engine.js"></script>'],
  ]);
  readonly #server: Server = createServer(({ url = '/' }, response) => {
    const shader = /^\/shaders\/(\w+(?:\.\w+)*\.wgsl)$/.exec(url);
    const content = shader ? readFileSync(join(root, 'shaders', shader[1]!)) : this.files.get(url);
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': url.endsWith('.js') ? 'text/javascript' : 'text/html' });
    response.end(content);
  });

  async start(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.#server.close();
  }
}

/** The engine and the test's page as one script. */
async function bundle(): Promise<string> {
  const { output } = (
    (await build({
      configFile: false,
      logLevel: 'warn',
      build: {
        write: false,
        minify: false,
        target: 'es2023',
        lib: { entry: join(root, 'test/browser/engine.ts'), formats: ['es'], fileName: 'engine' },
      },
    })) as Rolldown.RolldownOutput[]
  )[0]!;
  return output[0].code;
}

/** Pictures' pixels between 0 and 1 at a model's size. */
async function pixels(paths: readonly string[], [height, width]: readonly number[]): Promise<Float32Array> {
  const images = await Promise.all(paths.map(path => loadFile(path, { height: height!, width: width!, colorMode: 'rgb' })));
  const rescale = Math.fround(1 / 255);
  return Float32Array.from(
    images.flatMap(bytes => [...bytes]),
    byte => byte * rescale,
  );
}

const faces = ['with_mask', 'without_mask'].flatMap(name => [0, 1, 2].map(i => join(root, 'data/faces', name, `${i}.png`)));

describe.skipIf(noChromium)('the engine in Chromium', () => {
  const gpu = useGpu();
  const server = new EngineServer();
  let browser: Browser | undefined;
  let page: Page;

  beforeAll(async () => {
    const script = await bundle();
    expect(script).not.toMatch(/from\s*['"]node:|require\(/);
    server.files.set('/engine.js', script);
    const address = await server.start();
    browser = await openChromium();
    page = await browser.newPage();
    await page.goto(address);
    await page.waitForFunction(() => 'engine' in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    server.stop();
  });

  /** What the browser and Node make of pictures. */
  async function predictBoth(
    file: string,
    paths: readonly string[],
  ): Promise<{ readonly here: Float32Array; readonly there: readonly number[] }> {
    const bytes = readFileSync(file);
    const checkpoint = readCheckpoint(file, bytes);
    const x = await pixels(paths, checkpoint.model.inputShape);
    server.files.set('/model', bytes);
    server.files.set('/pictures', new Uint8Array(x.buffer));
    const { machine, probabilities } = await page.evaluate(() =>
      (globalThis as unknown as { engine: EnginePage }).engine.predict('model', 'pictures'),
    );
    console.log(`browser: ${machine}`);
    const model = await compileCheckpoint(checkpoint, gpu());
    const here = await model.predict({ x, batchSize: 4 });
    await model.close();
    return { here, there: probabilities };
  }

  function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
    expect(found.length).toBe(wanted.length);
    const furthest = Array.from(wanted, (value, i) => Math.abs(value - found[i]!)).reduce((most, apart) => Math.max(most, apart), 0);
    expect(furthest).toBeLessThanOrEqual(TOLERANCE);
  }

  test("gives Node's probabilities with the small model", async () => {
    const { here, there } = await predictBoth(lesson, faces);
    expectClose(there, here);
    // Both classes are found, so that the comparison is of something.
    expect(there[0]).toBeGreaterThan(0.9);
    expect(there.at(-1)).toBeGreaterThan(0.9);
  });

  test("makes Node's training step", async () => {
    const bytes = readFileSync(lesson);
    const x = await pixels(faces, readCheckpoint(lesson, bytes).model.inputShape);
    server.files.set('/model', bytes);
    server.files.set('/pictures', new Uint8Array(x.buffer));
    const there = await page.evaluate(() => (globalThis as unknown as { engine: EnginePage }).engine.trainStep('model', 'pictures'));
    const model = await compileCheckpoint(readCheckpoint(lesson, bytes), gpu());
    const before = await model.getWeights();
    const y = Float32Array.from({ length: 2 * faces.length }, (_, i) => (i % 2 === 0 ? 1 : 0));
    await model.fit({ x, y, batchSize: faces.length, shuffle: false }, { epochs: 1 });
    const here = await model.getWeights();
    await model.close();
    for (const [name, values] of Object.entries(here)) expectClose(there[name]!, values);
    expect(here['dense.kernel']).not.toEqual(before['dense.kernel']);
  });

  test.skipIf(!hasTrained)("gives Node's and Keras' probabilities with the trained network", { timeout: 240_000 }, async () => {
    const { photos } = JSON.parse(readFileSync(join(shared, 'goldens/trained.json'), 'utf8')) as { photos: Record<string, number[]> };
    // Three of each class.
    const names = Object.keys(photos).filter(name => /0[0-2]\.png$/.test(name));
    const { here, there } = await predictBoth(trained, [...names.map(name => join(shared, 'goldens', name)), ...faces.slice(0, 2)]);
    expectClose(there, here);
    expect(names.length).toBe(6);
    expectClose(
      there.slice(0, 12),
      names.flatMap(name => photos[name]!),
    );
  });
});
