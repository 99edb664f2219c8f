import type { ImageIterator } from '../../../../data/iterator.js';
import { makePlan } from '../../../../engine/plan.js';
import type { Sequential } from '../../../../nn/model.js';
import { writeBatch } from '../../../../nn/plans.js';
import { tensorOf, traceModel } from '../../../../nn/trace.js';
import { FUSIONS } from '../../../../ops/fusions.js';

/** Where both classes are as likely: a · x + b · y + c = 0; above 0 the first class wins. */
export interface Border {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** What the layer before the last gives for a source's first batch: [rows, units]. */
export async function unitsOf(model: Sequential, source: ImageIterator): Promise<Float32Array> {
  const { compiled, layers } = model;
  const { executor, plans } = compiled;
  const trace = traceModel(model, compiled, plans, 'predict', source);
  const output = tensorOf(trace, `layer${layers.length - 2}/output`);
  const executable = await executor.prepare(makePlan(trace.graph, { outputs: [output], changes: () => false, fusions: FUSIONS }));
  try {
    const batch = source.batch(0);
    writeBatch(executable, trace, batch, source.batchSize);
    executable.run({ rows: batch.rows });
    return Float32Array.from(await executable.read(output));
  } finally {
    executable.release();
  }
}

/** Of a network with two units before the last layer. */
export async function borderOf(model: Sequential): Promise<Border> {
  const last = model.layers.at(-1)!.name;
  const weights = await model.getWeights();
  const [kernel, bias] = [weights[`${last}.kernel`]!, weights[`${last}.bias`]!];
  return { a: kernel[0]! - kernel[1]!, b: kernel[2]! - kernel[3]!, c: bias[0]! - bias[1]! };
}
