import { afterEach, describe, expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import { fill } from '../src/check/fill.js';
import { Graph } from '../src/engine/graph.js';
import { defineOp } from '../src/engine/op.js';
import { makePlan } from '../src/engine/plan.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { parseShader, specialize } from '../src/gpu/shader.js';
import { tryVariants } from '../src/gpu/trial.js';
import { concluded, type Finding, Tuner, type TunerOptions } from '../src/gpu/tune.js';
import { type BoundVariant, type Dispatch, elementwise, kernels, registry } from '../src/kernels/variant.js';
import { openAdapter } from '../src/node/adapter.js';
import { conv2d } from '../src/ops/conv2d.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { gradients } from '../src/ops/gradients.js';
import { maxPool2d } from '../src/ops/max_pool2d.js';
import { relu } from '../src/ops/relu.js';
import { ReferenceExecutor } from '../src/reference/executor.js';

const SHADER = `// doubles: output = input * FACTOR
struct Params { batch: u32, shift: f32 }
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
const FACTOR: f32 = 2.0;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.batch) { output[id.x] = input[id.x] * FACTOR + params.shift; }
}
`;

const TOTAL = `// sums up: output = sum of input
struct Params { batch: u32, shift: f32 }
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(1)
fn main() {
  var sum = params.shift * f32(params.batch);
  for (var i = 0u; i < params.batch; i++) { sum += input[i]; }
  output[0] = sum;
}
`;

const MEAN = `// mean of the square roots of the rows that count
struct Params { batch: u32, shift: f32, rows: u32 }
@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(1)
fn main() {
  let count = min(params.rows, params.batch);
  var sum = 0.0;
  for (var i = 0u; i < count; i++) { sum += sqrt(input[i]); }
  output[0] = params.shift + sum / f32(count);
}
`;

const TEXTS: Record<string, string> = {
  'double.naive': SHADER,
  'double.fast': SHADER.replace('input[id.x] * FACTOR', 'input[id.x] + input[id.x]'),
  'double.wrong': SHADER.replace('FACTOR + params.shift', 'FACTOR * 1.001 + params.shift'),
  'double.first': SHADER.replace('* FACTOR + params.shift', '* select(1.9, FACTOR, id.x < 64u) + params.shift'),
  'total.naive': TOTAL,
  'total.first': TOTAL.replace('i < params.batch', 'i < min(params.batch, 64u)'),
  'mean.naive': MEAN,
  'mean.first': MEAN.replace('i < count', 'i < min(count, 64u)'),
  'mean.fast': MEAN.replace('f32(count)', 'f32(min(count, params.rows))'),
  'double.broken': SHADER.replace('FACTOR + params.shift', 'NOTHING'),
};

const open: GpuExecutor[] = [];
afterEach(async () => {
  for (const executor of open.splice(0)) await executor.close();
});

const attrs = { batch: 100, shift: 0.5 };

const double = defineOp<typeof attrs>()({
  name: 'double',
  inputs: ['input'],
  outputs: ['output'],
  shapes: ({ batch }) => ({ output: { shape: [batch] } }),
  inputShapes: ({ batch }) => ({ input: { shape: [batch] } }),
  cost: () => ({ flops: 1, bytes: 1 }),
});

const total = defineOp<typeof attrs>()({ ...double, name: 'total', shapes: () => ({ output: { shape: [1] } }) });

const rows = { ...attrs, rows: { scalar: 'rows' } };

const mean = defineOp<typeof rows>()({
  ...double,
  name: 'mean',
  shapes: () => ({ output: { shape: [1] } }),
  positive: ['input'],
  means: ['output'],
});

/** An executor for which only the shaders above exist, and an op by these variants, the first of rank 0. */
async function openWith(variants: readonly string[], options: TunerOptions, op = double): Promise<GpuExecutor> {
  const shaders = async (name: string): Promise<string> => TEXTS[name]!;
  const page = kernels(op, ...variants.map((name, rank) => ({ ...elementwise(`${op.name}.${name}`, 'output'), name, rank })));
  const choose = new Tuner(options).choose;
  const { executor } = await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose, shaders, kernelsOf: registry([page]) });
  open.push(executor);
  return executor;
}

/** A plan of that op. */
function planOf(given: typeof attrs = attrs, op = double) {
  const graph = new Graph();
  const input = graph.input('input', [given.batch]);
  const { output } = graph.add(op, { input }, given);
  return { input, output, plan: makePlan(graph, { outputs: [output] }) };
}

test('an op that can not be tried on a small batch is computed by its last variant', async () => {
  const { inputShapes: _, ...fixed } = double;
  const executor = await openWith(['naive', 'fast'], {}, fixed);
  const { input, output, plan } = planOf(attrs, fixed);
  const executable = await executor.prepare(plan);
  executable.write(
    input,
    Float32Array.from({ length: 100 }, (_, i) => i),
  );
  executable.run({});
  expect(executable.steps.map(({ dispatch }) => dispatch.shader)).toEqual(['double.fast']);
  expect((await executable.read(output))[99]).toBe(198.5);
});

test('what kernels share gives what the reference gives', async () => {
  const graph = new Graph();
  const [input, weights, bias] = [graph.input('input', [2, 10, 14, 8]), graph.input('kernel', [3, 3, 8, 12]), graph.input('bias', [12])];
  const active = relu(conv2d(input, weights, bias, { strides: [1, 1], padding: 'valid' }));
  const output = maxPool2d(active, { kernel: [2, 2], strides: [2, 2], padding: 'valid' });
  const dOutput = graph.input('dOutput', output.shape);
  const outputs = [output, ...gradients(graph, output, [input, weights, bias], dOutput)];
  const plan = makePlan(graph, { outputs, fusions: FUSIONS });
  const { executor } = await openAdapter({ adapter: process.env.WGRAD_ADAPTER, choose: new Tuner({ tune: false }).choose });
  open.push(executor);
  const [found, wanted] = [await executor.prepare(plan), await new ReferenceExecutor().prepare(plan)];
  expect(found.steps.filter(({ dispatch }) => dispatch.shader === 'winograd4_input')).toHaveLength(
    executor.traits.subgroupSize >= 4 ? 1 : 0,
  );
  for (const executable of [found, wanted]) {
    plan.inputs.forEach((tensor, i) => {
      executable.write(tensor, fill('distinct', tensor.shape, i + 1));
    });
    executable.run({});
  }
  for (const tensor of outputs) {
    const { error } = compare(await found.read(tensor), await wanted.read(tensor));
    expect(error, tensor.name).toBeLessThan(1e-5);
  }
});

describe('the tuner', () => {
  test('chooses among the variants that give what the naive one gives, and reports those that do not', async () => {
    const reports: string[] = [];
    const gpu = await openWith(['naive', 'wrong', 'fast', 'broken'], { onWrong: message => reports.push(message) });
    const { input, output, plan } = planOf();
    const executable = await gpu.prepare(plan);
    expect(['naive', 'fast']).toContain(executable.steps[0]!.variant);
    expect(reports).toHaveLength(2);
    expect(reports[0]).toMatch(/^double\.wrong is wrong on this adapter and not used: output\[\d+\] is .*, the naive kernel gives /);
    expect(reports[1]).toMatch(
      /^double\.broken does not run on this adapter and is not used: shaders\/double\.broken\.wgsl:9:\d+: .*NOTHING/,
    );
    executable.write(input, new Float32Array(100).fill(3));
    executable.run({});
    expect([...(await executable.read(output))]).toEqual(new Array(100).fill(6.5));
  });

  test.each([
    ['rows', double, /^double\.first is wrong on this adapter at a batch of 100 and not used: output\[64\] is .*, the naive kernel gives /],
    [
      'sums over the batch',
      total,
      /^total\.first is wrong on this adapter at a batch of 100 and not used: output\[0\] is .*, the naive kernel gives /,
    ],
  ] as const)('finds out what is wrong only at the batch that will run: %s', async (_, op, message) => {
    const reports: string[] = [];
    const gpu = await openWith(['naive', 'first'], {}, op);
    const [node] = planOf(attrs, op).plan.nodes;
    const trials = await tryVariants(node!, gpu, { runs: 1, hopeless: Infinity, onWrong: report => reports.push(report) });
    expect(trials.map(({ variant }) => variant)).toEqual(['naive']);
    expect(reports).toEqual([expect.stringMatching(message)]);
  });

  test('tries means over all rows of the batch, on numbers that may be there', async () => {
    const reports: string[] = [];
    const gpu = await openWith(['naive', 'first', 'fast'], {}, mean);
    const [node] = planOf(rows, mean).plan.nodes;
    const trials = await tryVariants(node!, gpu, { runs: 1, hopeless: Infinity, onWrong: report => reports.push(report) });
    expect(trials.map(({ variant }) => variant)).toEqual(['naive', 'fast']);
    expect(reports).toEqual([expect.stringMatching(/^mean\.first is wrong on this adapter at a batch of 100/)]);
  });

  test('leaves nothing out for one slow run on the small batch', async () => {
    const gpu = await openWith(['naive', 'fast'], { tune: false });
    const prepare = gpu.prepare.bind(gpu);
    let interruptions = 1;
    gpu.prepare = async (plan, choose) => {
      const executable = await prepare(plan, choose);
      const slower = (): number => (executable.steps[0]!.variant === 'fast' && interruptions-- > 0 ? 1000 : 1);
      const [timeline, timeRuns] = [executable.timeline.bind(executable), executable.timeRuns.bind(executable)];
      executable.timeRuns = async (scalars, times) => slower() * (await timeRuns(scalars, times));
      executable.timeline = async () => {
        const factor = slower();
        return (await timeline()).map(({ begin, end }) => ({ begin, end: begin + factor * (end - begin) }));
      };
      return executable;
    };
    const trials = await tryVariants(planOf().plan.nodes[0]!, gpu, { runs: 1, hopeless: 100 });
    expect(interruptions).toBeLessThan(1);
    expect(trials.map(({ variant, ms }) => [variant, ms !== undefined])).toEqual([
      ['naive', true],
      ['fast', true],
    ]);
  });

  test('remembers what it found, until a shader, the adapter or the sizes change', async () => {
    const kept = new Map<string, Finding>();
    const store = {
      load: async () => kept,
      add: async (found: ReadonlyMap<string, Finding>) => {
        // However busy the machine is that runs the test.
        for (const [key, { noisy: _, ...finding }] of found) kept.set(key, finding);
      },
    };
    const tuned: string[] = [];
    const onProgress = (done: number, total: number, label: string): void => void (done < total && tuned.push(label));
    await (await openWith(['naive', 'fast'], { store, onProgress })).prepare(planOf().plan);
    expect(tuned).toEqual(['double of ']);
    await (await openWith(['naive', 'fast'], { store, onProgress })).prepare(planOf().plan);
    expect(tuned).toHaveLength(1);
    await (await openWith(['naive', 'fast'], { store, onProgress })).prepare(planOf({ batch: 90, shift: 0 }).plan);
    expect(tuned).toHaveLength(2);
    const before = TEXTS['double.fast']!;
    TEXTS['double.fast'] = `${before}// changed\n`;
    await (await openWith(['naive', 'fast'], { store, onProgress })).prepare(planOf().plan);
    TEXTS['double.fast'] = before;
    expect(tuned).toHaveLength(3);
    expect(kept.size).toBe(3);
  });

  test('takes the fastest run of all tries together, and marks times that are far apart', () => {
    const trial = (variant: string, samples: readonly number[], isTried = true) => ({
      variant,
      smallMs: 1,
      ms: isTried ? Math.min(...samples) : undefined,
      samples,
    });
    const busy = concluded([trial('naive', [90, 91]), trial('rows', [61, 80, 99]), trial('blocks', [20, 21])]);
    expect(busy).toEqual({ variant: 'blocks', ms: { naive: 90, rows: 61, blocks: 20 } });
    const leftOut = concluded([trial('naive', [9, 9.1]), trial('rows', [30, 70], false)]);
    expect(leftOut).toEqual({ variant: 'naive', ms: { naive: 9 }, noisy: 1 });
    const again = concluded([trial('naive', [12, 12.1]), trial('rows', [8, 8.1])], leftOut);
    expect(again).toEqual({ variant: 'rows', ms: { naive: 9, rows: 8 } });
    const wrongNow = concluded([trial('naive', [9, 15])], again);
    expect(wrongNow).toEqual({ variant: 'naive', ms: { naive: 9 }, noisy: 1 });
  });

  test('tries again, two more times, what it found on a busy machine, and then takes it', async () => {
    const kept = new Map<string, Finding>();
    const store = {
      load: async () => kept,
      add: async (found: ReadonlyMap<string, Finding>) => {
        for (const [key, finding] of found) kept.set(key, { ...finding, noisy: (kept.get(key)?.noisy ?? 0) + 1 });
      },
    };
    let tuned = 0;
    const onProgress = (done: number, total: number): void => void (done < total && tuned++);
    for (let run = 1; run <= 5; run++) {
      const gpu = await openWith(['naive', 'fast'], { store, onProgress });
      await gpu.prepare(planOf().plan);
      await gpu.prepare(planOf().plan);
      expect(tuned).toBe(Math.min(run, 3));
    }
  });

  test('has kernels compiled by a workgroup each, before it times them', async () => {
    const gpu = await openWith(['naive'], { tune: false });
    const { input, output, plan } = planOf();
    const executable = await gpu.prepare(plan);
    const read = async () => [...(await executable.read(output))];
    executable.write(input, new Float32Array(100).fill(3));
    executable.run({});
    expect(await read()).toEqual(new Array(100).fill(6.5));
    executable.write(input, new Float32Array(100).fill(4));
    executable.compile();
    expect(await read()).toEqual(Array.from({ length: 100 }, (_, i) => (i < 64 ? 8.5 : 6.5)));
  });

  test('can be told what to take', async () => {
    const named = await openWith(['naive', 'wrong', 'fast'], { variant: 'wrong' });
    expect((await named.prepare(planOf().plan)).steps[0]!.variant).toBe('wrong');
    const untuned = await openWith(['naive', 'wrong', 'fast'], { tune: false });
    expect((await untuned.prepare(planOf().plan)).steps[0]!.variant).toBe('fast');
  });
});

describe('shaders', () => {
  test('are read for their bindings, Params and constants', () => {
    const shader = parseShader('double', SHADER);
    expect(shader.bindings).toEqual([
      { name: 'input', index: 0, access: 'read' },
      { name: 'output', index: 1, access: 'read_write' },
    ]);
    expect(shader.params).toEqual({
      index: 2,
      fields: [
        { name: 'batch', type: 'u32' },
        { name: 'shift', type: 'f32' },
      ],
    });
    expect(specialize(shader, { FACTOR: 3 })).toContain('const FACTOR: f32 = 3.0;');
    expect(() => specialize(shader, { OTHER: 3 })).toThrow("shaders/double.wgsl has no line 'const OTHER: type = value;' to set");
  });

  test('get exactly the Params and buffers that they declare', async () => {
    const gpu = await openWith(['naive'], { tune: false });
    const { plan } = planOf();
    const [node] = plan.nodes;
    const [bound] = gpu.kernelsOf(node!);
    const variant = (change: Partial<Dispatch>): BoundVariant => ({
      ...bound!,
      dispatches: (scratch, adapter) => bound!.dispatches(scratch, adapter).map(dispatch => ({ ...dispatch, ...change })),
    });
    await expect(gpu.prepare(plan, () => variant({ params: { batch: 1 } }))).rejects.toThrow(
      'shaders/double.naive.wgsl: its Params are batch, shift; not given: shift',
    );
    await expect(gpu.prepare(plan, () => variant({ params: { ...attrs, more: 1 } }))).rejects.toThrow('not in the shader: more');
    await expect(gpu.prepare(plan, () => variant({ bindings: { input: plan.inputs[0]! } }))).rejects.toThrow(
      'its buffers are input, output; not given: output',
    );
  });
});

test('an adapter that is not here is an error that names what was looked for', async () => {
  await expect(openAdapter({ adapter: 'no such adapter', choose: new Tuner().choose })).rejects.toThrow(
    "no WebGPU adapter: tried the system's adapters for one whose name has 'no such adapter'",
  );
});

test('a tensor larger than the adapter binds is an error in MiB', async () => {
  const gpu = await openWith(['naive'], { tune: false });
  const { maxBindingBytes } = gpu.traits;
  expect(() => gpu.allocate({ name: 'huge', shape: [maxBindingBytes / 4 + 4], dtype: 'float32' })).toThrow(
    `huge needs a buffer of ${((maxBindingBytes + 16) / 2 ** 20).toFixed(1)} MiB, this adapter binds at most`,
  );
});
