import { compare } from '../../check/compare.js';
import { fill } from '../../check/fill.js';
import { runNode } from '../../check/run.js';
import type { Executor } from '../../engine/executor.js';
import { Graph, type Node } from '../../engine/graph.js';
import { dilatedWindow2d } from '../../engine/shape.js';
import { GpuExecutor } from '../../gpu/executor.js';
import { measure } from '../../gpu/measure.js';
import { type Conv2d, conv2dBackwardInput, conv2dForward } from '../../ops/conv2d.js';
import { conv2dForward as reference } from '../../reference/conv2d.js';
import type { ConvolutionsInfo, ConvolutionWay, TimedConvolution } from '../protocol.js';

/** Timed runs of a kernel, and milliseconds after which no more begin. */
const RUNS = 7;
const ENOUGH_MS = 150;

/** The size of a convolution: maps [side, side, channels] and as many filters as channels. */
export interface ConvolutionSize {
  readonly side: number;
  readonly channels: number;
}

/** One way to compute the convolution: a node, the numbers that it is given, and which of its variants do it that way. */
interface Way {
  readonly way: ConvolutionWay;
  readonly node: Node;
  readonly given: Readonly<Record<string, Float32Array>>;
  readonly output: string;
  readonly isOne: (variant: string) => boolean;
}

/** A kernel [3, 3, channels, filters] turned about its middle, with channels and filters exchanged. */
function turned(kernel: Float32Array, channels: number): Float32Array {
  const one = channels * channels;
  return kernel.map((_, i) => {
    const [tap, c, f] = [Math.floor(i / one), Math.floor(i / channels) % channels, i % channels];
    return kernel[(8 - tap) * one + f * channels + c]!;
  });
}

/**
 * The same numbers by each of the ways. Forward, the kernels have F(2x2); F(4x4) is the backward pass', which is the convolution of a gradient with the
 * turned kernel: it is given the kernel turned back.
 */
function waysOf(attrs: Conv2d, input: Float32Array, kernel: Float32Array): readonly Way[] {
  const { height, width, channels } = attrs;
  const graph = new Graph();
  const maps = graph.input('input', [1, height, width, channels]);
  const weights = graph.input('kernel', [3, 3, channels, channels]);
  graph.add(conv2dForward, { input: maps, kernel: weights, bias: graph.input('bias', [channels]) }, attrs);
  graph.add(conv2dBackwardInput, { dOutput: maps, kernel: weights }, attrs);
  const [forward, backward] = graph.nodes as [Node, Node];
  const isWinograd = (variant: string): boolean => variant.startsWith('winograd');
  const given = { input, kernel, bias: new Float32Array(channels) };
  const back = { dOutput: input, kernel: turned(kernel, channels) };
  return [
    { way: 'direct', node: forward, given, output: 'output', isOne: variant => !isWinograd(variant) },
    { way: 'F(2×2)', node: forward, given, output: 'output', isOne: isWinograd },
    { way: 'F(4×4)', node: backward, given: back, output: 'dInput', isOne: isWinograd },
  ];
}

/** Computes a 3x3 convolution of made-up numbers by each way on a GPU's kernels, the fastest of each, and holds all to float64. None on the CPU reference. */
export async function convolutions(executor: Executor, size: ConvolutionSize): Promise<ConvolutionsInfo> {
  if (!(executor instanceof GpuExecutor)) return { ...size, timed: [] };
  const { side, channels } = size;
  const input = fill('distinct', [1, side, side, channels], 1) as Float32Array;
  const kernel = fill('distinct', [3, 3, channels, channels], 2) as Float32Array;
  const window = dilatedWindow2d('conv2d', [1, side, side, channels], { kernel: [3, 3], strides: [1, 1], padding: 'same' });
  const attrs: Conv2d = { ...window, filters: channels };
  const exact = new Float64Array(input.length);
  reference({ input, kernel, bias: new Float32Array(channels), output: exact }, attrs);
  const timed: TimedConvolution[] = [];
  for (const way of waysOf(attrs, input, kernel)) {
    const found = await fastest(way, executor);
    if (!found) continue;
    const { variant, ms } = found;
    const { found: numbers } = await runNode(way.node, variant, way.given, {}, executor);
    timed.push({ way: way.way, kernel: `${way.node.op}.${variant}`, ms, error: compare(numbers[way.output]!, exact).error });
  }
  return { ...size, timed };
}

async function fastest({ node, isOne }: Way, gpu: GpuExecutor): Promise<{ readonly variant: string; readonly ms: number } | undefined> {
  let best: { readonly variant: string; readonly ms: number } | undefined;
  const alone = node.isolated();
  for (const variant of gpu.kernelsOf(alone)) {
    if (!isOne(variant.name) || !variant.supports(gpu.traits)) continue;
    const { ms } = await measure(alone, variant, gpu, { runs: RUNS, enoughMs: ENOUGH_MS });
    if (!best || ms < best.ms) best = { variant: variant.name, ms };
  }
  return best;
}
