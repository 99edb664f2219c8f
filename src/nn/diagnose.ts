import { makePlan } from '../engine/plan.js';
import type { BatchResult } from './batch_log.js';
import { firstNonFinite } from './finite.js';
import type { Sequential } from './model.js';
import { prepareDivided, type Trace, traceModel, writeBatch } from './plans.js';
import type { Batch, Source } from './source.js';

/**
 * Says where a loss that is not finite began. Optimizers change nothing in such a step, so the weights are still those that it met:
 * computes the batch once more with every tensor kept and finds the first one, in the order of computation, that is not finite.
 */
export async function diagnose(model: Sequential, source: Source<Batch>, { batch, step, rowsBefore, loss }: BatchResult): Promise<string> {
  const { compiled } = model;
  const weights = await model.getWeights();
  const head = `training stopped at step ${step}: the loss is ${loss}`;
  const advice = 'The weights are those from before that step. Try a smaller learning rate, and check the images and labels';
  for (const [name, values] of Object.entries(weights)) {
    const index = firstNonFinite(values);
    if (index >= 0) return `${head}; it began in the weight ${name}[${index}] = ${values[index]}, set by an earlier step. ${advice}`;
  }
  const tensorsOf = ({ parts, loss: lossTensor }: Trace) => [
    ...parts.flatMap(({ input, activations }) => [['the input', input.x] as const, ...activations]),
    ['the loss', lossTensor!] as const,
  ];
  const { trace, executable } = await prepareDivided(compiled.executor, source.batchSize, parts => {
    const trace = traceModel(model, compiled, compiled.plans.history, 'train', source, parts);
    return { trace, plan: makePlan(trace.graph, { outputs: tensorsOf(trace).map(([, tensor]) => tensor) }) };
  });
  const named = tensorsOf(trace);
  writeBatch(executable, trace, batch, source.batchSize);
  executable.run({ rows: batch.rows, slot: 0, rowsBefore, ...compiled.optimizer.scalars(step) });
  for (const [name, tensor] of named) {
    const values = await executable.read(tensor);
    const index = firstNonFinite(values);
    if (index >= 0) return `${head}; it began in the output of ${name}, number ${index} = ${values[index]}. ${advice}`;
  }
  return `${head}. ${advice}`;
}
