import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const execute = promisify(execFile);
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
let project = '';

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'wgrad-package-'));
  await execute(npm, ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: root });
  const [archive] = (await readdir(project)).filter(name => name.endsWith('.tgz'));
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  await execute(npm, ['install', '--no-audit', '--no-fund', '--prefer-offline', join(project, archive!)], { cwd: project });
}, 300_000);
/** TypeScript over files of the project, the package's own types included. */
async function typecheck(options: readonly string[], ...files: readonly string[]): Promise<void> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const always = ['--noEmit', '--strict', '--target', 'es2023', '--skipLibCheck', 'false'];
  const run = execute(process.execPath, [tsc, ...always, ...options, ...files.map(file => `${file}.ts`)], { cwd: project });
  await run.catch((error: { stdout: string }) => expect.fail(error.stdout));
}

afterAll(() => rm(project, { recursive: true, force: true }));

test('the packed package, installed in an empty project, has types', async () => {
  const program = `import { adam, conv2d, dense, flatten, type History, imageDataGenerator, maxPooling2d, modelCheckpoint, sequential } from 'wgrad';
const model = sequential([
  conv2d(100, 3, { activation: 'relu', inputShape: [150, 150, 3] }),
  maxPooling2d(2),
  flatten(),
  dense(2, { activation: 'softmax' }),
]);
await model.compile({ optimizer: adam(), loss: 'binaryCrossentropy', metrics: ['acc'] });
const train = await imageDataGenerator({ rescale: 1 / 255 }).flowFromDirectory('train', { targetSize: [150, 150], batchSize: 10 });
const checkpoint = modelCheckpoint({ filepath: 'model-{epoch:03d}.safetensors', monitor: 'val_loss', saveBestOnly: true, mode: 'auto' });
const history: History = await model.fit(train, { epochs: 10, validationData: train, callbacks: [checkpoint] });
console.log(history.history.val_loss satisfies readonly number[] | undefined);
// @ts-expect-error no such activation
conv2d(3, 3, { activation: 'rleu' });
`;
  await writeFile(join(project, 'program.ts'), program);
  // And so has what the README and the library's page show.
  const names = ['program'];
  for (const page of ['README.md', 'docs/library.md']) {
    const [, example] = /```ts\n(.*?)```/s.exec(await readFile(join(root, page), 'utf8'))!;
    names.push(`example${names.length}`);
    await writeFile(join(project, `${names.at(-1)}.ts`), example!);
  }
  const nodeTypes = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'];
  await typecheck(['--module', 'nodenext', '--lib', 'es2023', ...nodeTypes], ...names);
  await typecheck(['--module', 'nodenext', '--lib', 'es2023,dom', '--types', ''], ...names);
});

test('a page gets the types of what runs in browsers', async () => {
  const page = `import { openBrowserGpu } from 'wgrad';
// @ts-expect-error is of Node alone
import { openGpu } from 'wgrad';
const { executor } = await openBrowserGpu({ shaders: 'shaders', tune: true });
console.log(executor.description satisfies string, openGpu);
`;
  await writeFile(join(project, 'page.ts'), page);
  await typecheck(['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2023,dom', '--types', ''], 'page');
});

test('it holds what is needed to run: no benches, no scripts, nothing large', async () => {
  const folder = join(project, 'node_modules', 'wgrad');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const names = files.map(file => file.slice(folder.length + 1).replaceAll(sep, '/'));
  expect(names.filter(name => /^(bench|test|docs|src|dist\/(?!src\/|studio\/))|\.mjs$|\.tsx?$/.test(name.replace(/\.d\.ts$/, '')))).toEqual(
    [],
  );
  const sizes = await Promise.all(files.map(async (file, i) => [names[i], (await stat(file)).size] as const));
  expect(sizes.filter(([, size]) => size > 500_000)).toEqual([]);
});

test('a bundler makes a page of it, and a program for Node', async () => {
  const training = (executor: string): string => `import { ReferenceExecutor, dense, openBrowserGpu, sequential } from 'wgrad';
const model = sequential([dense(4, { activation: 'relu', inputShape: [2] }), dense(2, { activation: 'softmax' })], { seed: 1 });
await model.compile({ loss: 'categoricalCrossentropy'${executor} });
const { history } = await model.fit({ x: Float32Array.of(0, 0, 1, 1), y: Float32Array.of(1, 0, 0, 1) }, { epochs: 20 });
await model.close();
console.log(history.loss.at(-1) < history.loss[0], typeof openBrowserGpu, typeof ReferenceExecutor);
`;
  await writeFile(join(project, 'page.js'), training(', executor: new ReferenceExecutor()'));
  await writeFile(join(project, 'node_program.js'), training(''));
  const options = { root: project, configFile: false, logLevel: 'error' } as const;
  await build({ ...options, build: { outDir: 'page', target: 'es2023', lib: { entry: 'page.js', formats: ['es'], fileName: 'page' } } });
  await build({ ...options, ssr: { noExternal: ['wgrad'] }, build: { outDir: 'program', target: 'es2023', ssr: 'node_program.js' } });
  for (const program of ['page/page.js', 'program/node_program.js']) {
    const { stdout } = await execute(process.execPath, [program], { cwd: project });
    expect(stdout, program).toBe('true function function\n');
  }
});

test('it trains', async () => {
  const program = `import { ReferenceExecutor, dense, sequential } from 'wgrad';
const model = sequential([dense(4, { activation: 'relu', inputShape: [2] }), dense(2, { activation: 'softmax' })], { seed: 1 });
await model.compile({ loss: 'categoricalCrossentropy', metrics: ['acc'], executor: new ReferenceExecutor() });
const x = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const y = Float32Array.of(1, 0, 0, 1, 0, 1, 0, 1);
const { history } = await model.fit({ x, y }, { epochs: 200 });
console.log(history.loss.at(-1) < history.loss[0]);
`;
  await writeFile(join(project, 'train.js'), program);
  const { stdout } = await execute(process.execPath, ['train.js'], { cwd: project });
  expect(stdout).toBe('true\n');
});

test('two models share one executor that openGpu opened', async () => {
  const program = `import { dense, openGpu, sequential } from 'wgrad';
const { executor } = await openGpu({ adapter: process.env.WGRAD_ADAPTER });
const models = [3, 4].map(units => sequential([dense(units, { activation: 'softmax', inputShape: [2] })], { seed: 1 }));
for (const model of models) await model.compile({ loss: 'categoricalCrossentropy', executor });
const shapes = [];
for (const model of models) {
  shapes.push((await model.predict({ x: Float32Array.of(0, 0, 1, 1) })).length);
  await model.close();
}
console.log(shapes.join(' '));
await executor.close();
`;
  await writeFile(join(project, 'share.js'), program);
  const { stdout } = await execute(process.execPath, ['share.js'], { cwd: project });
  expect(stdout).toBe('6 8\n');
});

test('npx wgrad runs the command line, with the shaders of the package', async () => {
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  const adapter = process.env.WGRAD_ADAPTER ? ['--adapter', process.env.WGRAD_ADAPTER] : [];
  const { stdout } = await execute(npx, ['wgrad', 'check', ...adapter], { cwd: project, maxBuffer: 2 ** 24 });
  expect(stdout).toMatch(/\d+ kernels checked, 0 failed\n$/);
});

test('wgrad bench says there where benches are', async () => {
  const main = join(project, 'node_modules/wgrad/dist/src/cli/main.js');
  const run = execute(process.execPath, [main, 'bench', 'step', '--no-tfjs']);
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^wgrad: benches .* clone .* `npm run bench` there\n$/),
  });
});
