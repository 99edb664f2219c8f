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

/** A GPU of the common kind. */
const TRAITS: AdapterTraits = { subgroupSize: 32, maxInvocations: 256, maxBindingBytes: 2 ** 31, kind: 'GPUs' };

/** The dispatches of a step that are one shader. */
interface Row {
  readonly shader: string;
  dispatches: number;
  flops: number;
  bytes: number;
}

/** The part of docs/kernels.md on what a step of the face-mask network should take on GPUs, by what its kernels compute and move. */
export async function rooflineTable(batch: number): Promise<string[]> {
  const rows = await stepRows(batch);
  const seconds = (of: Pick<Row, 'flops' | 'bytes'>, { tflops, gbps }: Gpu): number =>
    Math.max(of.flops / (OF_PEAK * tflops * 1e12), of.bytes / (OF_BANDWIDTH * gbps * 1e9));
  const us = (time: number): string => `${(1e6 * time).toFixed(time < 1e-5 ? 1 : 0)} µs`;
  const line = (row: Row): string => {
    const intensity = row.flops / row.bytes;
    const bounds = GPUS.map(
      gpu =>
        `${us(seconds(row, gpu))}${row.flops / (OF_PEAK * gpu.tflops * 1e12) > row.bytes / (OF_BANDWIDTH * gpu.gbps * 1e9) ? ' c' : ''}`,
    );
    return `| ${[row.shader, row.dispatches, (row.flops / 1e9).toFixed(2), (row.bytes / 1e6).toFixed(1), intensity.toFixed(1), ...bounds].join(' | ')} |`;
  };
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const total = GPUS.map(gpu => `**${us(sum(row => seconds(row, gpu)))}**`);
  const balance = GPUS.map(({ name, tflops, gbps }) => `${name} ${((1000 * OF_PEAK * tflops) / (OF_BANDWIDTH * gbps)).toFixed(0)}`);
  return [
    '## What a step should take on a GPU',
    '',
    `On paper: the kernels made for GPUs in a training step of the face-mask network, batch ${batch}, what each computes and moves (a tensor that it binds, once), and the time by the slower of`,
    `the two, at ${100 * OF_PEAK} % of a GPU's arithmetic and ${100 * OF_BANDWIDTH} % of its memory's bandwidth; \`c\` where arithmetic decides. Starting the dispatches is not in it. A kernel is bound by arithmetic above so many`,
    `FLOP a byte: ${balance.join(', ')}. None of these was measured.`,
    '',
    `| shader | dispatches | GFLOP | MB | FLOP a byte | ${GPUS.map(({ name }) => name).join(' | ')} |`,
    `|${'---|'.repeat(5 + GPUS.length)}`,
    ...rows.sort((a, b) => seconds(b, GPUS[1]!) - seconds(a, GPUS[1]!)).map(line),
    `| **step** | ${sum(row => row.dispatches)} | ${(sum(row => row.flops) / 1e9).toFixed(2)} | ${(sum(row => row.bytes) / 1e6).toFixed(0)} | | ${total.join(' | ')} |`,
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
  for (const step of lower(plan, variantOf, TRAITS)) {
    const { shader } = step.dispatch;
    const row = rows.get(shader) ?? { shader, dispatches: 0, flops: 0, bytes: 0 };
    rows.set(shader, row);
    row.dispatches += 1;
    row.flops += flopsOf(step);
    row.bytes += bytesOf(step.dispatch, step.node);
  }
  await model.close();
  return [...rows.values()];
}

/** What a dispatch computes, a multiply-add as 2: of Winograd's form, its products; of another that is not its op's own shader, the numbers that it binds. */
function flopsOf({ node, dispatch: { shader, bindings } }: Step): number {
  const { patches, products, gradients } = bindings;
  if (patches) return 2 * sizeOf(patches.shape) * (products ?? gradients)!.shape.at(-1)!;
  if (shader.startsWith(node.op)) return node.cost.flops;
  return Object.values(bindings).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
