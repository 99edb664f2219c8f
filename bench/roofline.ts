import { bytesOf } from '../src/bench/bytes.js';
import { exactModel, madeUpImages } from '../src/bench/exact.js';
import { makePlan } from '../src/engine/plan.js';
import { sizeOf } from '../src/engine/shape.js';
import { lower, type Step } from '../src/gpu/lower.js';
import { untuned } from '../src/gpu/tune.js';
import { kernelsOf } from '../src/kernels/index.js';
import type { AdapterTraits } from '../src/kernels/variant.js';
import { traceModel } from '../src/nn/trace.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { spreadsOf } from './rounds.js';

/** What a GPU can do at most, by its maker's data sheet: multiply-adds count twice. */
interface Gpu {
  readonly name: string;
  readonly tflops: number;
  readonly gbps: number;
}

const GPUS: readonly Gpu[] = [
  { name: 'H100 SXM', tflops: 67, gbps: 3350 },
  { name: 'RTX 4070', tflops: 29, gbps: 504 },
  { name: 'M2, 10 cores', tflops: 3.6, gbps: 100 },
];

/** What well-made kernels reach of both. */
const OF_PEAK = 0.5;
const OF_BANDWIDTH = 0.7;

/**
 * Seconds from asking memory for a number until it is there: 342 ns on an M2 Pro, https://chipsandcheese.com/2023/10/31/a-brief-look-at-apples-m2-pro-igpu/, and
 * about as much on other GPUs.
 */
const LATENCY = 350e-9;

/** A GPU of the common kind. */
const TRAITS: AdapterTraits = { subgroupSize: 32, maxInvocations: 256, maxBindingBytes: 2 ** 31, kind: 'GPUs' };

/** The dispatches of a step that are one shader. */
interface Row {
  readonly shader: string;
  dispatches: number;
  flops: number;
  bytes: number;
  /** Of all dispatches together. */
  rounds: number;
  /** Of the dispatch with the fewest. */
  invocations: number;
}

/** The part of docs/kernels.md on what a step of the face-mask network should take on GPUs, by what its kernels compute and move. */
export async function rooflineTable(batch: number): Promise<string[]> {
  const rows = await stepRows(batch);
  /** By arithmetic, by memory's bandwidth, and by waiting for it. */
  const bounds = ({ flops, bytes, rounds }: Row, { tflops, gbps }: Gpu): readonly [number, number, number] => [
    flops / (OF_PEAK * tflops * 1e12),
    bytes / (OF_BANDWIDTH * gbps * 1e9),
    rounds * LATENCY,
  ];
  const seconds = (row: Row, gpu: Gpu): number => Math.max(...bounds(row, gpu));
  const us = (time: number): string => `${(1e6 * time).toFixed(time < 1e-5 ? 1 : 0)} µs`;
  const line = (row: Row): string => {
    const intensity = row.flops / row.bytes;
    const times = GPUS.map(gpu => `${us(seconds(row, gpu))}${[' c', '', ' w'][bounds(row, gpu).indexOf(seconds(row, gpu))]}`);
    const { shader, dispatches, flops, bytes, invocations, rounds } = row;
    return `| ${[shader, dispatches, (flops / 1e9).toFixed(2), (bytes / 1e6).toFixed(1), intensity.toFixed(1), invocations, rounds, ...times].join(' | ')} |`;
  };
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const total = GPUS.map(gpu => `**${us(sum(row => seconds(row, gpu)))}**`);
  const balance = GPUS.map(({ name, tflops, gbps }) => `${name} ${((1000 * OF_PEAK * tflops) / (OF_BANDWIDTH * gbps)).toFixed(0)}`);
  return [
    '## What a step should take on a GPU',
    '',
    `On paper: the kernels made for GPUs in a training step of the face-mask network, batch ${batch}, what each computes and moves (a tensor that it binds, once), and the time by what takes`,
    `longest: its arithmetic, at ${100 * OF_PEAK} % of a GPU's (\`c\`); what it moves, at ${100 * OF_BANDWIDTH} % of its memory's bandwidth; or waiting for memory (\`w\`), ${1e9 * LATENCY} ns for each round. A round is a pass of a loop that loads, whose`,
    'length the shader does not say, or what comes without one: counted by running it, of the invocation with the most, for all dispatches together. `invocations` are those of the dispatch with the fewest.',
    `Starting the dispatches is not in it. A kernel is bound by arithmetic above so many FLOP a byte: ${balance.join(', ')}. None of these was measured.`,
    '',
    `| shader | dispatches | GFLOP | MB | FLOP a byte | invocations | rounds | ${GPUS.map(({ name }) => name).join(' | ')} |`,
    `|${'---|'.repeat(7 + GPUS.length)}`,
    ...rows.sort((a, b) => seconds(b, GPUS[1]!) - seconds(a, GPUS[1]!)).map(line),
    `| **step** | ${sum(row => row.dispatches)} | ${(sum(row => row.flops) / 1e9).toFixed(2)} | ${(sum(row => row.bytes) / 1e6).toFixed(0)} | | | ${sum(row => row.rounds)} | ${total.join(' | ')} |`,
    '',
  ];
}

async function stepRows(batch: number): Promise<Row[]> {
  const model = await exactModel(new ReferenceExecutor());
  const { graph } = traceModel(model, model.compiled, model.compiled.plans, 'train', madeUpImages(batch).source);
  const plan = makePlan(graph, { outputs: [], fusions: FUSIONS });
  const variantOf = (node: (typeof plan.nodes)[number]) =>
    untuned(
      kernelsOf(node).filter(variant => variant.supports(TRAITS)),
      TRAITS.kind,
    );
  const rows = new Map<string, Row>();
  const steps = lower(plan, variantOf, TRAITS);
  const spreads = await spreadsOf(steps, { rows: batch });
  for (const [i, step] of steps.entries()) {
    const { shader } = step.dispatch;
    const { rounds, invocations } = spreads[i]!;
    const row = rows.get(shader) ?? { shader, dispatches: 0, flops: 0, bytes: 0, rounds: 0, invocations };
    rows.set(shader, row);
    row.dispatches += 1;
    row.flops += flopsOf(step);
    row.bytes += bytesOf(step.dispatch, step.node);
    row.rounds += rounds;
    row.invocations = Math.min(row.invocations, invocations);
  }
  await model.close();
  return [...rows.values()];
}

/** What a dispatch computes, a multiply-add as 2: of Winograd's form, its products; of another that is not its op's own shader, the numbers that it binds. */
function flopsOf({ node, dispatch: { shader, bindings } }: Step): number {
  const { patches, products, gradients } = bindings;
  if (patches) return 2 * sizeOf(patches.shape) * (products ?? gradients)!.shape.at(-1)!;
  if (shader.startsWith(node.op) || shader === 'dense_product.tiled') return node.cost.flops;
  return Object.values(bindings).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
