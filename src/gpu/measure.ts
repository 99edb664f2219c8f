import type { Node } from '../engine/graph.js';
import type { Plan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import { emptyArray, type NumberArray, type Tensor } from '../engine/tensor.js';
import type { BoundVariant } from '../kernels/variant.js';
import type { GpuExecutable } from './executable.js';
import type { GpuExecutor } from './executor.js';

interface MeasureOptions {
  readonly runs: number;
  /** Where those took less than so many milliseconds together, more follow, MOST_SAMPLES at most: another program interrupts for longer than a short kernel runs. Default 0. */
  readonly leastMs?: number | undefined;
  /** No run begins after those before have taken so many milliseconds together. Default Infinity. */
  readonly enoughMs?: number | undefined;
  /** A node on a smaller batch, whose inputs this one's repeat. */
  readonly repeating?: Node;
}

/** Runs of a node one after another, and what its outputs and updates were after the first. */
export interface Measured {
  /** The fastest, in milliseconds. */
  readonly ms: number;
  readonly samples: readonly number[];
  readonly outputs: ReadonlyMap<string, NumberArray>;
}

/** Times a node (with tensors of its own) by one of its variants on made-up numbers, the same for every variant. Compiling is no part of it. */
export async function measure(
  node: Node,
  variant: BoundVariant,
  gpu: GpuExecutor,
  { runs, leastMs = 0, enoughMs = Infinity, repeating = node }: MeasureOptions,
): Promise<Measured> {
  const outputs = Object.entries(node.outputs);
  const inputs = Object.entries(node.inputs).map(([name, tensor]) => ({
    tensor: tensor.root,
    like: repeating.inputs[name]!,
    isPositive: node.positive.includes(name),
  }));
  const variables = Object.values(node.updates).map(tensor => tensor.variable!);
  for (const variable of variables) gpu.allocate(variable);
  const plan: Plan = { nodes: [node], inputs: inputs.map(({ tensor }) => tensor), outputs: outputs.map(([, tensor]) => tensor) };
  const free = (): void => {
    for (const variable of variables) gpu.free(variable);
  };
  const executable = await gpu
    .prepare(plan, () => variant)
    .catch(error => {
      free();
      throw error;
    });
  try {
    executable.compile();
    await executable.idle();
    inputs.forEach(({ tensor, like, isPositive }, i) => {
      const numbers = madeUp(like, i);
      executable.write(tensor, repeated(isPositive ? numbers.map(Math.abs) : numbers, sizeOf(tensor.shape)));
    });
    const scalars = Object.values(node.attrs).filter(value => typeof value !== 'number');
    // All rows of the batch count.
    const given = Object.fromEntries(scalars.map(({ scalar }) => [scalar, scalar === 'rows' ? (node.attrs.batch as number) : 1]));
    const time = stopwatch(executable, gpu, given);
    let [ms, times] = [await time(1), 1];
    const found = new Map<string, NumberArray>();
    for (const [name, tensor] of outputs) found.set(name, await executable.read(tensor));
    for (const [name, { variable }] of Object.entries(node.updates)) found.set(name, await gpu.read(variable!));
    while (!gpu.hasFineClock && times * ms < LONG_ENOUGH_MS && times < MOST_TIMES) {
      times = Math.min(MOST_TIMES, Math.ceil(times * Math.min(16, LONG_ENOUGH_MS / (times * ms) + 1)));
      ms = await time(times);
    }
    const samples = [ms];
    const spent = (): number => times * samples.reduce((a, b) => a + b);
    const isEnough = (): boolean => samples.length >= runs && (spent() >= leastMs || samples.length >= MOST_SAMPLES);
    while (spent() < enoughMs && !isEnough()) samples.push(await time(times));
    return { ms: Math.min(...samples), samples, outputs: found };
  } finally {
    executable.release();
    free();
  }
}

/** Milliseconds of the host's clock that are long enough to trust, beside what it takes to submit and to learn that it is done. */
const LONG_ENOUGH_MS = 20;

/** Samples of a short kernel at most. */
const MOST_SAMPLES = 16;

/** Runs in one submission at most: the smallest kernels take a few microseconds. */
const MOST_TIMES = 8192;

/** Gives the milliseconds of a run: by the device's clock where it has a fine one, else by the host's, of so many runs at once. */
function stopwatch(
  executable: GpuExecutable,
  gpu: GpuExecutor,
  scalars: Readonly<Record<string, number>>,
): (times: number) => Promise<number> {
  if (!gpu.hasFineClock) return async times => (await executable.timeRuns(scalars, times)) / times;
  return async () => {
    executable.startTiming();
    executable.run(scalars);
    await gpu.idle();
    const timeline = await executable.timeline();
    return timeline.reduce((sum, { begin, end }) => sum + (end - begin), 0) / 1e6;
  };
}

/** Numbers between -1 and 1 (or any words) from a fixed recurrence. */
function madeUp({ dtype, shape }: Tensor, seed: number): NumberArray {
  const data = emptyArray(dtype, sizeOf(shape));
  let state = 0x9e3779b9 + seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = dtype === 'float32' ? state / 2 ** 31 - 1 : state;
  }
  return data;
}

/** Numbers over and over again, `size` in all. */
function repeated(numbers: NumberArray, size: number): NumberArray {
  if (numbers.length === size) return numbers;
  const all = new (numbers.constructor as new (length: number) => NumberArray)(size);
  for (let i = 0; i < size; i += numbers.length) all.set(numbers, i);
  return all;
}
