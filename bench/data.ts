import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageIterator, ImageSet } from '../src/data/iterator.js';
import { MOST_WORKERS } from '../src/data/load_pool.js';
import { nearDuplicates } from '../src/data/near_duplicates.js';
import { MemoryPixels } from '../src/data/pixels.js';
import { signatureOf } from '../src/data/signature.js';
import { setRandomSeed } from '../src/engine/random.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { averagePooling2d, conv2d, dense, flatten, maxPooling2d } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { formatBytes } from '../src/node/memory.js';
import { cacheFolder, packageRoot } from '../src/node/paths.js';
import { saveModel } from '../src/node.js';
import type { DeviceOptions } from '../src/run/device.js';
import { drawFaceFolders, type FaceFolders } from '../src/run/draw_faces.js';
import { RESCALE } from '../src/run/values.js';
import { circumstances, formatMs, formatTiming, keep, type Timing, timed, timeInTurn } from './harness.js';

export interface DataOptions extends DeviceOptions {
  readonly samples: number;
  /** The largest set. */
  readonly pictures: number;
  readonly python: string | undefined;
  readonly json: boolean;
}

const COUNTS = [1000, 10_000, 100_000];
const SIZE = 64;
const BATCH = 100;
/** Pictures that differ; larger sets have each of them many times, in files of its own. */
const DRAWN = 1000;
const MEMORY = '512M';
/** Pictures of the set that is read in turn from memory and from the cache, and of the largest in which near-duplicates are looked for. */
const IN_TURN = 10_000;
/** How often the memory of a process is looked at. */
const LOOK_MS = 100;

/** A start of a program that trains an epoch: seconds until its first step is told and until the epoch is, and the most memory that it had. */
interface Start {
  readonly firstStep: number;
  readonly epoch: number;
  /** Bytes, where the system says it. */
  readonly rss: number | undefined;
}

interface Row {
  readonly pictures: number;
  readonly first: Start;
  readonly second: Start;
  readonly keras: Start | undefined;
  readonly duplicates: Duplicates | undefined;
}

/** Milliseconds that a set in memory takes to load, and of these what looking for near-duplicates of the validation's pictures takes. */
interface Duplicates {
  readonly load: number;
  readonly signatures: number;
  readonly search: number;
}

/** An epoch on sets of growing size, by `wgrad train --memory 512M` twice and by Keras; and steps from the cache in turn with steps from memory. */
export async function benchData(gpu: GpuExecutor, options: DataOptions): Promise<void> {
  const { json, samples, python } = options;
  const work = await mkdtemp(join(tmpdir(), 'wgrad-data-'));
  try {
    process.env.WGRAD_CACHE = await cacheIn(work);
    const drawn = { train: join(work, 'drawn'), validation: join(work, 'validation') };
    await drawFaceFolders(drawn, { images: DRAWN / 2, seed: 1, size: SIZE });
    const model = await compiled(gpu);
    const file = join(work, 'network.safetensors');
    await saveModel(file, model);
    await model.close();
    const rows: Row[] = [];
    const counts = COUNTS.filter(count => count <= options.pictures);
    let inTurn: InTurn | undefined;
    for (const count of counts) {
      const train = join(work, `${count}`);
      await copies(drawn.train, train, count);
      const start = (): Promise<Start> => wgrad({ ...drawn, train }, { file, out: join(work, 'out') }, options);
      const starts = { first: await start(), second: await start(), keras: python ? await keras(python, train) : undefined };
      const row = { pictures: count, ...starts, duplicates: count <= IN_TURN ? await duplicates({ ...drawn, train }) : undefined };
      rows.push(row);
      if (!json) console.log(lines(row));
      if (count === Math.min(IN_TURN, counts.at(-1)!)) inTurn = await cachedInTurn(gpu, train, samples);
      await rm(train, { recursive: true });
    }
    const result = { ...circumstances(gpu.description), size: SIZE, batch: BATCH, memory: MEMORY, rows, inTurn };
    await keep('data', result);
    if (json) console.log(JSON.stringify(result));
    else console.log(`${growth(rows)}\n${turnLine(inTurn!)}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A cache folder without pictures, and with the drivers of the user's. */
async function cacheIn(work: string): Promise<string> {
  const folder = join(work, 'cache');
  await mkdir(folder);
  await cp(cacheFolder(), folder, { recursive: true, filter: source => basename(source) !== 'pictures' }).catch(() => {});
  return folder;
}

/** A network that is small beside the work of reading pictures, as in bench/peers/data_peer.py. */
async function compiled(executor: GpuExecutor): Promise<Sequential> {
  const model = sequential(
    [
      averagePooling2d(4, { inputShape: [SIZE, SIZE, 3] }),
      conv2d(16, 3, { activation: 'relu' }),
      maxPooling2d(2),
      flatten(),
      dense(2, { activation: 'softmax' }),
    ],
    { seed: 1 },
  );
  await model.compile({ loss: 'binaryCrossentropy', metrics: ['acc'], executor });
  return model;
}

/** A folder of so many pictures, from those that were drawn. */
async function copies(from: string, to: string, count: number): Promise<void> {
  const classes = await readdir(from);
  for (const name of classes) {
    await mkdir(join(to, name), { recursive: true });
    const files = await readdir(join(from, name));
    const wanted = Array.from({ length: count / classes.length }, (_, i) => i);
    for (let first = 0; first < wanted.length; first += 64) {
      const some = wanted.slice(first, first + 64);
      await Promise.all(some.map(i => copyFile(join(from, name, files[i % files.length]!), join(to, name, `${i}.png`))));
    }
  }
}

function wgrad(
  folders: FaceFolders,
  { file, out }: { readonly file: string; readonly out: string },
  { adapter }: DeviceOptions,
): Promise<Start> {
  const main = join(packageRoot, 'dist', 'src', 'cli', 'main.js');
  const data = ['--train', folders.train, '--validation', folders.validation, '--image-size', `${SIZE}x${SIZE}`, '--no-augment'];
  const run = ['--network', file, '--batch-size', `${BATCH}`, '--epochs', '1', '--seed', '1', '--memory', MEMORY, '--json', '--no-tune'];
  return measured(process.execPath, [
    main,
    'train',
    ...data,
    ...run,
    '--out',
    out,
    '--overwrite',
    ...(adapter ? ['--adapter', adapter] : []),
  ]);
}

const keras = (python: string, folder: string): Promise<Start> =>
  measured(python, [join(packageRoot, 'bench', 'peers', 'data_peer.py'), folder, `${BATCH}`]);

/** Runs a program that prints {"event":"step"…} and {"event":"epoch"…}. */
async function measured(program: string, args: readonly string[]): Promise<Start> {
  const begin = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
  const ended = once(child, 'close');
  let rss: number | undefined;
  const timer = setInterval(() => void peakOf(child.pid!).then(bytes => (rss = bytes ?? rss)), LOOK_MS);
  const times: { step?: number; epoch?: number } = {};
  createInterface({ input: child.stdout }).on('line', line => {
    const event = /^\{"event": ?"(step|epoch)"/.exec(line)?.[1] as 'step' | 'epoch' | undefined;
    if (event) times[event] ??= (performance.now() - begin) / 1000;
  });
  await Promise.race([ended, failed]);
  clearInterval(timer);
  const { step, epoch } = times;
  if (step === undefined || epoch === undefined) throw new Error(`${program} did not train an epoch: ${errors.trim().split('\n').at(-1)}`);
  return { firstStep: step, epoch, rss };
}

/** The most memory that a process has had, where the system says it. Source: man 5 proc_pid_status */
async function peakOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : 1024 * Number(kibibytes);
}

async function duplicates({ train, validation }: FaceFolders): Promise<Duplicates> {
  const read = async (folder: string): Promise<ImageSet> => {
    const options = { targetSize: [SIZE, SIZE] as const, memory: Infinity, cacheSize: 0, signatures: true };
    return (await imageDataGenerator().flowFromDirectory(folder, options)).images;
  };
  const judged = await read(validation);
  let images = judged;
  const load = await timed(async () => {
    images = await read(train);
  });
  const { pixels, height, width, channels } = images;
  const picture = new Uint8Array(pixels.size);
  const signing = await timed(async () => {
    for (let row = 0; row < pixels.count; row++) {
      pixels.copy([row], picture);
      signatureOf(picture, height, width, channels);
    }
  });
  const search = await timed(() => nearDuplicates(images, judged));
  return { load, signatures: signing / Math.min(availableParallelism(), MOST_WORKERS), search };
}

interface InTurn {
  readonly pictures: number;
  /** Of an epoch, in milliseconds. */
  readonly held: Timing;
  readonly cached: Timing;
}

/** Epochs whose pictures are in memory in turn with epochs whose pictures are read from the cache, once both gave the same weights. */
async function cachedInTurn(gpu: GpuExecutor, folder: string, samples: number): Promise<InTurn> {
  const read = (memory: number): Promise<ImageIterator> =>
    imageDataGenerator({ rescale: RESCALE }).flowFromDirectory(folder, {
      targetSize: [SIZE, SIZE],
      batchSize: BATCH,
      memory,
      seed: 1,
      onNote: () => {},
    });
  const [held, cached] = [await read(Infinity), await read(2 ** 20)];
  if (!(held.images.pixels instanceof MemoryPixels) || cached.images.pixels instanceof MemoryPixels) {
    throw new Error(`the pictures of ${folder} should be held once, and read once`);
  }
  const [model, other] = [await compiled(gpu), await compiled(gpu)];
  const weights: string[] = [];
  for (const [each, data] of [
    [model, held],
    [other, cached],
  ] as const) {
    setRandomSeed(1);
    await each.fit(data, { epochs: 1 });
    weights.push(JSON.stringify(Object.values(await each.getWeights()).map(values => [...values])));
  }
  await other.close();
  if (weights[0] !== weights[1]) throw new Error('pictures from memory and from the cache gave other weights');
  const epoch = (data: ImageIterator) => (): Promise<number> => timed(() => model.fit(data, { epochs: 1 }));
  const [a, b] = await timeInTurn([epoch(held), epoch(cached)], samples, 1);
  await cached.close();
  await model.close();
  return { pictures: held.samples, held: a!, cached: b! };
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;
const start = ({ firstStep, epoch, rss }: Start, pictures: number): string =>
  `first step ${seconds(firstStep)}, epoch ${seconds(epoch)} (${(pictures / epoch).toFixed(0)} pictures/s)${rss === undefined ? '' : `, ${formatBytes(rss)}`}`;

const lines = ({ pictures, first, second, keras: peer, duplicates: found }: Row): string =>
  [
    `${pictures} pictures of ${SIZE}x${SIZE}`,
    `  first start:  ${start(first, pictures)}`,
    `  second start: ${start(second, pictures)}`,
    ...(peer ? [`  Keras:        ${start(peer, pictures)}`] : []),
    ...(found ? [`  ${duplicatesLine(found)}`] : []),
  ].join('\n');

const duplicatesLine = ({ load, signatures, search }: Duplicates): string =>
  `near-duplicates: ${formatMs(signatures)} for signatures and ${formatMs(search)} for the search, ${((100 * (signatures + search)) / load).toFixed(1)} % of the ${formatMs(load)} of loading`;

/** How the time after what every start takes, the second's up to its first step, grows. */
function growth(rows: readonly Row[]): string {
  const said = rows.slice(1).map((row, i) => {
    const before = rows[i]!;
    const times = (which: 'first' | 'second'): string =>
      ((row[which].epoch - row.second.firstStep) / (before[which].epoch - before.second.firstStep)).toFixed(1);
    return `${row.pictures / before.pictures} times the ${before.pictures} pictures take ${times('first')} times as long to decode and train, ${times('second')} times from the cache.`;
  });
  return said.join('\n');
}

const turnLine = ({ pictures, held, cached }: InTurn): string =>
  `An epoch of ${pictures} pictures from memory ${formatTiming(held)}, from the cache ${formatTiming(cached)}: ${(100 * (held.median / cached.median)).toFixed(1)} % of the steps a second.`;
