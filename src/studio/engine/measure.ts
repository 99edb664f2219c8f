import type { Executor } from '../../engine/executor.js';
import { computes, makePlan } from '../../engine/plan.js';
import { GpuExecutable } from '../../gpu/executable.js';
import { GpuExecutor } from '../../gpu/executor.js';
import { profileRuns } from '../../gpu/profile.js';
import type { Sequential } from '../../nn/model.js';
import { writeBatch } from '../../nn/plans.js';
import { PREPARING, withRecovery } from '../../nn/recovery.js';
import type { Batch, Source } from '../../nn/source.js';
import { namedParameters, tensorOf, traceModel } from '../../nn/trace.js';
import { FUSIONS } from '../../ops/fusions.js';
import type { KernelTimes, NormsPoint, ParameterNorms } from '../protocol.js';

/** Runs whose timestamps the device keeps. */
const TIMED_RUNS = 16;

/**
 * The norms of a model's weights and of their gradients for a batch, without dropout, and how much of its relu layers the batch leaves dark. It is computed by
 * the fused kernels of training, so that it takes about as long as a step; of a relu layer that they pool, the pooled output is looked at.
 */
export function measureNorms(model: Sequential, source: Source<Batch>, batch: Batch): Promise<NormsPoint> {
  return withRecovery(model, 'while norms were measured', () => normsOf(model, source, batch));
}

async function normsOf(model: Sequential, source: Source<Batch>, batch: Batch): Promise<NormsPoint> {
  const { compiled, layers } = model;
  const { executor, plans } = compiled;
  const parameters = namedParameters(model, compiled).filter(({ variable }) => variable.trainable);
  const trace = traceModel(model, compiled, plans, 'train', source, { training: false });
  const slopes = parameters.map(({ name }) => tensorOf(trace, `${name}/gradient`));
  const options = { changes: () => false, fusions: FUSIONS };
  const plan = makePlan(trace.graph, { ...options, outputs: slopes });
  const relus = layers.flatMap(({ name, layer }, i) => {
    if (!layer.activation?.mayDie) return [];
    const output = tensorOf(trace, `layer${i}/output`);
    const stored = computes(plan, output);
    return [{ layer: name, tensor: stored?.node.outputs[stored.output!] ?? output }];
  });
  const outputs = [...slopes, ...relus.map(({ tensor }) => tensor)];
  const executable = await executor.prepare(makePlan(trace.graph, { ...options, outputs }));
  try {
    writeBatch(executable, trace, batch, source.batchSize);
    executable.run({ rows: batch.rows });
    const norms: ParameterNorms[] = [];
    for (const [i, { variable }] of parameters.entries()) {
      const weights = await executor.read(variable);
      const gradient = l2(await executable.read(slopes[i]!));
      norms.push({ name: variable.name, weight: l2(weights), gradient, histogram: histogramOf(weights) });
    }
    const dead: { layer: string; share: number }[] = [];
    for (const { layer, tensor } of relus) {
      const data = await executable.read(tensor);
      const end = (data.length / source.batchSize) * batch.rows;
      dead.push({ layer, share: deadShare(data.subarray(0, end), tensor.shape.at(-1)!) });
    }
    return { step: model.step, parameters: norms, dead };
  } finally {
    executable.release();
  }
}

const l2 = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
};

/** Parts of a histogram. */
const BINS = 32;

/** How numbers lie between the least and the largest of them; undefined where one is not finite. */
export function histogramOf(values: ArrayLike<number>): ParameterNorms['histogram'] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  if (!Number.isFinite(high - low)) return undefined;
  const counts = new Array<number>(BINS).fill(0);
  const scale = BINS / (high - low || 1);
  for (let i = 0; i < values.length; i++) counts[Math.min(BINS - 1, Math.floor((values[i]! - low) * scale))]!++;
  return { low, high, counts };
}

/** Share of the units, which are the last axis, that are 0 everywhere. */
function deadShare(outputs: ArrayLike<number>, units: number): number {
  const live = new Uint8Array(units);
  for (let i = 0; i < outputs.length; i++) if (outputs[i] !== 0) live[i % units] = 1;
  return 1 - live.reduce((sum, each) => sum + each, 0) / units;
}

/** Times the kernels of the plan that trains, where the device can. */
export class KernelClock {
  readonly #model: Sequential;
  readonly #data: Source;
  #executable: GpuExecutable;

  private constructor(model: Sequential, data: Source, executable: GpuExecutable) {
    this.#model = model;
    this.#data = data;
    this.#executable = executable;
  }

  /** Turns the timestamps on; undefined where there are none. */
  static async start(model: Sequential, data: Source, executor: Executor): Promise<KernelClock | undefined> {
    const { executable } = await withRecovery(model, PREPARING, () => model.compiled.plans.get('train', data));
    const canTime = executor instanceof GpuExecutor && executor.traits.features.has('timestamp-query');
    if (!canTime || !(executable instanceof GpuExecutable)) return undefined;
    executable.startTiming(TIMED_RUNS);
    return new KernelClock(model, data, executable);
  }

  /** Medians over the last runs before `step`; undefined before the first. */
  async read(step: number): Promise<KernelTimes | undefined> {
    if (this.#executable.isLost) {
      // A lost device took its times along.
      this.#executable = (await this.#model.compiled.plans.get('train', this.#data)).executable as GpuExecutable;
      this.#executable.startTiming(TIMED_RUNS);
    }
    const runs = await this.#executable.timedRuns();
    if (runs.length === 0) return undefined;
    const { kernels, busyMs, idle } = profileRuns(this.#executable.steps, runs, 1);
    return {
      step,
      busyMs,
      idle,
      kernels: kernels.map(({ op, scope, variant, ms, share, gflops, gbps }) => ({ op, scope, variant, ms, share, gflops, gbps })),
    };
  }
}
