import type { Executor } from '../../engine/executor.js';
import { GpuExecutable } from '../../gpu/executable.js';
import { GpuExecutor } from '../../gpu/executor.js';
import { profileRuns } from '../../gpu/profile.js';
import { Inspector } from '../../inspect/inspect.js';
import type { InspectedTensor, Inspection } from '../../inspect/types.js';
import type { Sequential } from '../../nn/model.js';
import type { Batch, Source } from '../../nn/source.js';
import type { KernelTimes, NormsPoint } from '../protocol.js';

/** Runs whose timestamps the device keeps. */
const TIMED_RUNS = 16;

/** The norms of a model's weights and of their gradients for a batch, and how much of its relu layers the batch leaves dark. */
export async function measureNorms(model: Sequential, source: Source<Batch>, batch: Batch): Promise<NormsPoint> {
  const inspector = await Inspector.prepare(model, source, { training: true });
  try {
    const relus = model.layers.flatMap(({ layer }, i) => (layer.config.activation === 'relu' ? [`layer${i}/output`] : []));
    const weights = model.layers.flatMap(({ name, parameters }, i) =>
      parameters.map(parameter => ({ name: parameter.name, tensor: `layer${i}/${parameter.name.slice(name.length + 1)}` })),
    );
    const wanted = new Set([...relus, ...weights.flatMap(({ tensor }) => [tensor, `${tensor}/gradient`])]);
    const inspection = await inspector.inspect(batch, name => wanted.has(name));
    const norm = (tensor: string): number => l2(inspection.tensors[tensor]!.data);
    return {
      step: model.step,
      parameters: weights.map(({ name, tensor }) => ({ name, weight: norm(tensor), gradient: norm(`${tensor}/gradient`) })),
      dead: relus.map(tensor => deadShare(inspection, tensor, batch.rows)),
    };
  } finally {
    inspector.release();
  }
}

const l2 = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum);
};

/** Units, which are the last axis, whose output is 0 everywhere in the first `rows` rows. */
function deadShare({ layers, tensors }: Inspection, tensor: string, rows: number): { readonly layer: string; readonly share: number } {
  const { shape, data } = tensors[tensor] as InspectedTensor;
  const units = shape.at(-1)!;
  const live = new Uint8Array(units);
  const end = (data.length / shape[0]!) * rows;
  for (let i = 0; i < end; i++) if (data[i] !== 0) live[i % units] = 1;
  const layer = layers[Number(/^layer(\d+)/.exec(tensor)![1])]!;
  return { layer: layer.name, share: 1 - live.reduce((sum, each) => sum + each, 0) / units };
}

/** Times the kernels of the plan that trains, where the device can. */
export class KernelClock {
  readonly #executable: GpuExecutable;

  private constructor(executable: GpuExecutable) {
    this.#executable = executable;
  }

  /** Turns the timestamps on; undefined where there are none. */
  static async start(model: Sequential, data: Source, executor: Executor): Promise<KernelClock | undefined> {
    const { executable } = await model.compiled.plans.get('train', data);
    const canTime = executor instanceof GpuExecutor && executor.traits.features.has('timestamp-query');
    if (!canTime || !(executable instanceof GpuExecutable)) return undefined;
    executable.startTiming(TIMED_RUNS);
    return new KernelClock(executable);
  }

  /** Medians over the last runs before `step`; undefined before the first. */
  async read(step: number): Promise<KernelTimes | undefined> {
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
