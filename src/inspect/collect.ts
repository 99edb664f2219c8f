import { makePlan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import type { Model } from '../nn/base_model.js';
import { labelRows } from '../nn/labels.js';
import { prepareDivided, writeBatch } from '../nn/plans.js';
import { withRecovery } from '../nn/recovery.js';
import { type Batch, inOrder, nextBatch, type Source } from '../nn/source.js';
import { type PartTrace, tensorOf, traceModel } from '../nn/trace.js';
import { FUSIONS } from '../ops/fusions.js';

/** What a model computes of all rows of a source, in the source's order, with dropout off. */
export interface Collected {
  readonly samples: number;
  /** [samples, units] each. */
  readonly probabilities: Float32Array;
  readonly logits: Float32Array;
  /** [samples, units]; empty where the source has no labels. */
  readonly labels: Float32Array;
  /** [samples, width]: the output of the layer that was asked for. */
  readonly features: Float32Array;
  readonly width: number;
}

/**
 * Runs a model over a source that keeps its order, batch after batch, and keeps what galleries and neighbours need. `layer` is the index of the layer
 * whose output `features` are; default the last.
 */
export function collect(model: Model, source: Source<Batch>, layer = model.layers.length - 1): Promise<Collected> {
  return withRecovery(model, 'while a set was looked at', () => collectOnce(model, source, layer), source);
}

async function collectOnce(model: Model, source: Source<Batch>, layer: number): Promise<Collected> {
  const { compiled } = model;
  const { samples, batchSize } = source;
  const of = (part: PartTrace): readonly Tensor[] => ['probabilities', 'logits', `layer${layer}/output`].map(name => tensorOf(part, name));
  const { trace, executable } = await prepareDivided(compiled.executor, batchSize, parts => {
    const trace = traceModel(model, compiled, compiled.plans, 'predict', source, { parts });
    return { trace, plan: makePlan(trace.graph, { outputs: trace.parts.flatMap(of), fusions: FUSIONS }) };
  });
  const units = sizeOf(model.outputShape);
  const width = sizeOf(model.layers[layer]!.outputShape);
  const kept = [units, units, width].map(count => new Float32Array(samples * count));
  const labels = new Float32Array(source.labelUnits === undefined ? 0 : samples * units);
  try {
    const order = inOrder(source);
    for (const index of order) {
      const batch = await nextBatch(source, order, index);
      await executable.ready();
      writeBatch(executable, trace, batch, batchSize);
      executable.run({ rows: batch.rows });
      if (batch.labels) labels.set(labelRows(batch, batchSize, units).subarray(0, batch.rows * units), index * batchSize * units);
      for (const part of trace.parts) {
        const rows = Math.min(part.part.size, batch.rows - part.part.first);
        if (rows <= 0) continue;
        for (const [i, tensor] of of(part).entries()) {
          const each = kept[i]!.length / samples;
          const values = (await executable.read(tensor)) as Float32Array;
          kept[i]!.set(values.subarray(0, rows * each), (index * batchSize + part.part.first) * each);
        }
      }
    }
  } finally {
    executable.release();
  }
  source.onEpochEnd();
  return { samples, probabilities: kept[0]!, logits: kept[1]!, labels, features: kept[2]!, width };
}
