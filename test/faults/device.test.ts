import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RandomState, setRandomSeed } from '../../src/engine/random.js';
import { writeCheckpoint } from '../../src/formats/checkpoint.js';
import type { GpuExecutor } from '../../src/gpu/executor.js';
import { Tuner } from '../../src/gpu/tune.js';
import { inspect } from '../../src/inspect/inspect.js';
import type { Sequential } from '../../src/nn/model.js';
import { openAdapter } from '../../src/node/adapter.js';
import { type Outcome, wgrad } from '../helpers/cli.js';
import { losing } from '../helpers/lose_devices.mjs';
import { pictureFolder } from '../helpers/pictures.js';
import { type RunningStudio, startStudio } from '../helpers/studio.js';
import { tinyData, tinyModel } from '../helpers/tiny.js';

/** Devices lost in this process; more by hand. */
const LOSSES = Number(process.env.WGRAD_LOSSES ?? 20);

/** Makes a program lose its device after these submissions, counted from its first. */
const lose = (submissions: readonly number[], devices = Infinity): Record<string, string> => ({
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, '../helpers/lose_devices.mjs'))}`,
  WGRAD_TEST_LOSE: submissions.join(),
  WGRAD_TEST_DEVICES: String(devices),
});

describe('a device that is lost at random moments', () => {
  const notices: string[] = [];
  const wrong: string[] = [];
  let gpu: GpuExecutor;
  let model: Sequential;
  const x = new Float32Array(23 * 9 * 11 * 2).map((_, i) => Math.sin(i));
  const y = new Float32Array(23 * 3).map((_, i) => (i % 3 === 0 ? 1 : 0));

  /** Opens the adapter, with variants tried out anew. */
  const open = async (choose = new Tuner({ onWrong: message => void wrong.push(message) }).choose): Promise<GpuExecutor> => {
    const { executor } = await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose, onNotice: text => void notices.push(text) });
    return executor;
  };

  beforeAll(async () => {
    gpu = await open(new Tuner({ tune: false }).choose);
    model = await tinyModel(gpu);
    await model.fit(tinyData(), { epochs: 1 });
  });
  afterAll(async () => {
    await model.close();
    await gpu.close();
  });

  const works: Record<string, () => Promise<unknown>> = {
    'fit()': async () => {
      setRandomSeed(7);
      const trained = await tinyModel(gpu);
      const { history } = await trained.fit(tinyData(), { epochs: 8, validationData: tinyData({ shuffle: false }), snapshotSteps: 3 });
      const file = await writeCheckpoint(trained);
      await trained.close();
      return { history, file };
    },
    'evaluate()': () => model.evaluate(tinyData({ shuffle: false })),
    'predict()': () => model.predict({ x, batchSize: 2 }),
    tuning: async () => {
      const executor = await open();
      const tuned = await tinyModel(executor);
      await tuned.predict({ x });
      await tuned.close();
      await executor.close();
      // Which variant is fastest may differ from time to time.
      return wrong;
    },
    inspection: () => inspect(model, x, y),
  };

  test(`${LOSSES} of ${LOSSES} times nothing of it is seen in what is computed`, async () => {
    const random = new RandomState(12);
    const names = Object.keys(works);
    const whole = new Map<string, { readonly result: unknown; readonly ms: number }>();
    for (const name of names) {
      // What happens once, such as a driver's compiling, is no part of the time.
      await works[name]!();
      const begin = performance.now();
      whole.set(name, { result: await works[name]!(), ms: performance.now() - begin });
    }
    const counts = new Map<string, number>();
    for (let i = 0; i < LOSSES; ) {
      const name = i % 2 === 0 ? 'fit()' : names[1 + (((i - 1) / 2) % (names.length - 1))]!;
      const { result, ms } = whole.get(name)!;
      const at = random.uniform(0, 0.9 * ms);
      const before = losing.losses;
      const begin = performance.now();
      const timer = setTimeout(() => losing.lose(), at);
      const found = await works[name]!();
      clearTimeout(timer);
      expect(found, `${name}, lost after ${at.toFixed(1)} of ${ms.toFixed(1)} ms (loss ${i})`).toEqual(result);
      if (losing.losses === before) {
        // It ended before the moment had come, on a machine that is less busy than it was: the time is taken anew.
        whole.set(name, { result, ms: performance.now() - begin });
        continue;
      }
      counts.set(name, (counts.get(name) ?? 0) + 1);
      i += 1;
    }
    console.log([...counts].map(([name, count]) => `${name}: ${count}`).join(', '), `- ${losing.losses} devices lost`);
    expect(losing.losses).toBeGreaterThanOrEqual(LOSSES);
    for (const notice of notices)
      expect(notice).toMatch(/^the GPU was lost (in step|at the end|while) .*VK_ERROR_DEVICE_LOST.* It is open again; going on\.$/);
  }, 300_000);
});

describe('the program', () => {
  let train = '';
  let validation = '';
  let work = '';
  /** The run that no loss disturbs. */
  let whole: Outcome;

  beforeAll(async () => {
    train = await pictureFolder(20, 20, 1);
    validation = await pictureFolder(5, 20, 2);
    work = await mkdtemp(join(tmpdir(), 'wgrad-'));
    whole = await wgrad(training('whole'));
    expect(whole.code, whole.stderr).toBe(0);
  });
  afterAll(async () => {
    for (const folder of [train, validation, work]) await rm(folder, { recursive: true, force: true });
  });

  const training = (out: string, ...more: readonly string[]): string[] => [
    ...[
      'train',
      '--train',
      train,
      '--validation',
      validation,
      '--image-size',
      '20x20',
      '--seed',
      '3',
      '--epochs',
      '3',
      '--no-tune',
      '--json',
    ],
    ...['--out', join(work, out), ...more],
  ];
  const digest = async (path: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  /** The checkpoints of a run, by their bytes. */
  const filesOf = async (out: string): Promise<Record<string, string>> => {
    const names = (await readdir(join(work, out))).filter(name => name.endsWith('.safetensors'));
    return Object.fromEntries(await Promise.all(names.map(async name => [name, await digest(join(work, out, name))] as const)));
  };

  test('trains to the same files, tells of each step once, and of the losses on stderr', async () => {
    const lost = await wgrad(training('lost'), undefined, lose([9, 60, 62]));
    expect(lost.stderr).toMatch(/the GPU was lost .*VK_ERROR_DEVICE_LOST.* It is open again; going on\./);
    expect(lost.code).toBe(0);
    expect(lost.stdout.replaceAll(/"out":.*/g, '')).toBe(whole.stdout.replaceAll(/"out":.*/g, ''));
    expect(await filesOf('lost')).toEqual(await filesOf('whole'));
  });

  test('saves everything where no device can be had again, says so, and goes on from there', async () => {
    const { code, stderr } = await wgrad(training('gone'), undefined, lose([70], 1));
    expect(code).toBe(1);
    const last = join(work, 'gone', 'last.safetensors');
    expect(stderr).toMatch(
      /the GPU was lost (in step \d+ of epoch \d|at the end of epoch \d|while evaluating): .*the driver does not answer.* Saved after step \d+: go on with --resume /,
    );
    expect(stderr).toContain(last);
    expect((await wgrad(training('gone', '--resume', last))).code).toBe(0);
    expect((await filesOf('gone'))['last.safetensors']).toEqual((await filesOf('whole'))['last.safetensors']);
  });

  test.each([
    ['evaluate', () => ['--data', validation]],
    ['predict', () => [join(validation, 'red', '1.png'), join(validation, 'blue', '2.png')]],
    ['explain', () => [join(validation, 'red', '1.png'), '--out', join(work, 'explained'), '--overwrite']],
  ])('%s prints the same', async (command, places) => {
    const args = [command, join(work, 'whole', 'last.safetensors'), ...places(), '--no-tune'];
    const before = await wgrad(args);
    expect(before.code, before.stderr).toBe(0);
    const lost = await wgrad(args, undefined, lose([2]));
    expect(lost.stderr).toContain('the GPU was lost while');
    expect(lost.code).toBe(0);
    expect(lost.stdout).toBe(before.stdout);
  });

  test('the studio trains, inspects and explains through one loss after another, and tells pages of them', async () => {
    const runs = join(work, 'runs');
    const losses = Array.from({ length: 60 }, (_, i) => 40 + 97 * i);
    let studio: RunningStudio | undefined;
    try {
      studio = await startStudio(['studio', '--json', '--no-open', '--no-tune', '--runs', runs], undefined, lose(losses));
      const page = await studio.connect();
      const config = {
        train,
        validation,
        out: join(runs, 'run'),
        epochs: 3,
        batchSize: 10,
        imageSize: [20, 20] as const,
        seed: 3,
        augment: true,
      };
      page.send({ type: 'start', config });
      await page.until('state', ({ state }) => state === 'ended' || state === 'failed');
      expect(page.events.filter(event => event.type === 'state').at(-1)).toMatchObject({ state: 'ended' });
      expect(page.steps).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
      for (let i = 0; i < 4; i++) {
        for (const path of [
          '/api/gallery?set=train',
          '/api/inspect?set=train&index=0',
          '/api/explain?set=train&index=1&kind=grad-cam',
          '/api/model',
        ]) {
          const { status, body } = await studio.fetch(path, path.includes('inspect') || path.includes('explain') ? { method: 'POST' } : {});
          expect(status, `${path}: ${String(body).slice(0, 300)}`).toBe(200);
        }
      }
      const troubles = page.events.flatMap(event => (event.type === 'error' ? [event.message] : []));
      expect(troubles.length).toBeGreaterThan(3);
      for (const trouble of troubles) expect(trouble).toMatch(/^the GPU was lost .* It is open again; going on\.$/);
    } finally {
      expect((await studio?.end())?.code).toBe(0);
    }
  });
});
