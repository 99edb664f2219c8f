import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jpeg from 'jpeg-js';
import { compare } from '../src/check/compare.js';
import type { DecodedImage } from '../src/data/decode/image.js';
import { decodeImage } from '../src/data/decode/index.js';
import { imageDataGenerator } from '../src/data/directory.js';
import { loadImages } from '../src/data/load.js';
import { type Bytes, convertColor, resize } from '../src/data/resize.js';
import { syntheticFace } from '../src/data/synthetic.js';
import type { Executor } from '../src/engine/executor.js';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { RandomState } from '../src/engine/random.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { AUGMENTATION } from '../src/run/augmentation.js';
import { RESCALE } from '../src/run/values.js';
import { faces, photographs } from './faces.js';
import { circumstances, formatTiming, keep, summarize, type Timing, timed } from './harness.js';

export interface PipelineOptions {
  readonly batch: number;
  readonly samples: number;
  readonly json: boolean;
}

const SIZE = 150;

/** Files that are decoded in each sample. */
const FILES = 200;

/** Levels by which our decoder and jpeg-js, which rounds in other places, may differ on average. */
const DECODERS_APART = 2;

interface Stage {
  readonly stage: string;
  /** Milliseconds of one image. */
  readonly timing: Timing;
  readonly imagesPerSecond: number;
}

/** Times what happens to an image before it is learnt from: decoding, resizing, both in worker threads, drawing its transform, and augmentation on the device. */
export async function benchPipeline(gpu: GpuExecutor, { batch, samples, json }: PipelineOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-bench-'));
  try {
    const paths = photographs ? await filesOf(join(photographs, 'train')) : await drawnFiles(folder);
    const files = await Promise.all(paths.map(path => readFile(path)));
    const decoded = await Promise.all(files.map(decodeImage));
    verifyDecoder(files, decoded);
    const rgb = decoded.map(image => convertColor(image, 'rgb'));
    const nearest = () => rgb.map(image => resize(image, { width: SIZE, height: SIZE }, 'nearest'));
    nearest().forEach(({ data }, i) => {
      if (!data.every((byte, at) => isNearest(rgb[i]!, byte, at))) throw new Error(`${paths[i]} is resized wrongly`);
    });
    const data = await faces(imageDataGenerator({ rescale: RESCALE, ...AUGMENTATION }), 'train', {
      batchSize: batch,
      shuffle: true,
      limit: batch,
    });
    const { run } = await augmentation(data, gpu);
    const target = { width: SIZE, height: SIZE, colorMode: 'rgb' } as const;
    const stages: Stage[] = [
      await time('decode', paths.length, samples, async () => void (await Promise.all(files.map(decodeImage)))),
      await time('resize', paths.length, samples, async () => void nearest()),
      await time('decode and resize in workers', paths.length, samples, async () => void (await loadImages(paths, target))),
      await time('draw transforms and gather', batch, samples, async () => void data.batch(0)),
      await time('augment on the device', batch, samples, run),
    ];
    const source = photographs ? 'photographs' : 'drawn faces';
    const pixels = decoded.reduce((sum, { width, height }) => sum + width * height, 0) / decoded.length;
    const result = {
      bench: 'pipeline',
      ...circumstances(gpu.description),
      batch,
      images: source,
      files: paths.length,
      meanPixels: pixels,
      stages,
    };
    await keep('pipeline', result);
    if (json) console.log(JSON.stringify(result));
    else
      for (const { stage, timing, imagesPerSecond } of stages)
        console.log(`${stage.padEnd(30)}${imagesPerSecond.toFixed(0).padStart(7)} images/s  ${formatTiming(timing)} an image`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function time(stage: string, images: number, samples: number, work: () => Promise<void>): Promise<Stage> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < samples; i++) times.push((await timed(work)) / images);
  const timing = summarize(times);
  return { stage, timing, imagesPerSecond: 1000 / timing.median };
}

/** Some of a folder's JPEG files, of every class. */
async function filesOf(folder: string): Promise<string[]> {
  const classes = (await readdir(folder)).sort();
  const found = await Promise.all(
    classes.map(async name => {
      const files = (await readdir(join(folder, name))).filter(file => /\.jpe?g$/i.test(file)).sort();
      return files.slice(0, FILES / classes.length).map(file => join(folder, name, file));
    }),
  );
  return found.flat();
}

async function drawnFiles(folder: string): Promise<string[]> {
  const random = new RandomState(1);
  const paths: string[] = [];
  for (let i = 0; i < FILES; i++) {
    const { width, height, data } = syntheticFace(random, i % 2 === 0, 400);
    const rgba = new Uint8Array(width * height * 4).map((_, at) => (at % 4 === 3 ? 255 : data[Math.floor(at / 4) * 3 + (at % 4)]!));
    const path = join(folder, `${i}.jpg`);
    await writeFile(path, jpeg.encode({ width, height, data: rgba }, 90).data);
    paths.push(path);
  }
  return paths;
}

function verifyDecoder(files: readonly Uint8Array[], decoded: readonly DecodedImage[]): void {
  for (const [i, image] of decoded.entries()) {
    if (image.channels === 1) continue;
    const { data } = jpeg.decode(files[i]!, { useTArray: true });
    let sum = 0;
    for (let pixel = 0; pixel < image.width * image.height; pixel++) {
      for (let c = 0; c < 3; c++) sum += Math.abs(image.data[pixel * image.channels + c]! - data[pixel * 4 + c]!);
    }
    const apart = sum / (3 * image.width * image.height);
    if (!(apart <= DECODERS_APART)) throw new Error(`file ${i} is decoded ${apart.toFixed(1)} levels apart from what jpeg-js gives`);
  }
}

/** The indices of the pixel under the centre of a resized one, and of its neighbour where rounding decides between the two. */
function underCentre(index: number, length: number): Set<number> {
  const centre = ((index + 0.5) * length) / SIZE;
  return new Set([Math.floor(centre - 1e-6), Math.floor(centre + 1e-6)]);
}

/** Whether a byte of a resized image is that of the pixel under its centre. */
function isNearest({ width, height, channels, data }: Bytes, byte: number, at: number): boolean {
  const pixel = Math.floor(at / channels);
  const rows = underCentre(Math.floor(pixel / SIZE), height);
  const columns = underCentre(pixel % SIZE, width);
  return [...rows].some(row => [...columns].some(column => data[(row * width + column) * channels + (at % channels)] === byte));
}

/** The augmentation of a batch on the device, checked against the CPU reference. */
async function augmentation(data: Awaited<ReturnType<typeof faces>>, gpu: GpuExecutor): Promise<{ run: () => Promise<void> }> {
  const batch = data.batch(0);
  const prepare = async (executor: Executor) => {
    const graph = new Graph();
    const input = data.trace(graph);
    const executable = await executor.prepare(makePlan(graph, { outputs: [input.x] }));
    const run = async (): Promise<void> => {
      input.write(executable, batch);
      executable.run({});
      await executable.idle();
    };
    await run();
    return { run, output: await executable.read(input.x) };
  };
  const [found, wanted] = [await prepare(gpu), await prepare(new ReferenceExecutor())];
  const { error } = compare(found.output, wanted.output);
  if (!(error <= 1e-4)) throw new Error(`augmentation is off by ${error.toExponential(1)} of the largest value`);
  return found;
}
