import { changedBy, makePlan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import type { Model } from './base_model.js';
import type { BatchResult } from './batch_log.js';
import { firstNonFinite } from './finite.js';
import { prepareDivided, writeBatch } from './plans.js';
import type { Batch, Source } from './source.js';
import { type Trace, tensorOf, traceModel } from './trace.js';

/** What the next steps note is their own. */
export function clearFaults({ compiled: { executor, plans } }: Model): void {
  executor.write(plans.faults, new Uint32Array(sizeOf(plans.faults.shape)));
}

/** Puts the model's count where its weights are: steps after one with a fault were run, and changed nothing. */
export function standAfter(model: Model, { fault, step, rowsBefore, batch }: BatchResult): void {
  const isDone = fault !== LOSS;
  model.step = isDone ? step : step - 1;
  model.rowsTrained = isDone ? rowsBefore + batch.rows : rowsBefore;
}

/** The place of the loss among the faults. */
const LOSS = 0;

/** Says what was first not finite in a step of training, and where it began. */
export async function diagnose(model: Model, source: Source<Batch>, result: BatchResult): Promise<string> {
  const head = `training stopped at step ${result.step}`;
  if (result.fault !== LOSS) {
    const update = await whatUpdate(model, source);
    return `${head}: ${update}. What this step left of the weights is of no use: go on from weights of before, with a smaller learning rate`;
  }
  const where = await whereLoss(model, source, result);
  return `${head}: the loss is ${result.loss}${where}. The weights are those from before that step. Try a smaller learning rate, and check the images and labels`;
}

/** The first weight that is not finite of those that steps change, and where. */
async function whatUpdate({ compiled: { executor, parameters, plans } }: Model, source: Source<Batch>): Promise<string> {
  const changed = changedBy((await plans.get('train', source)).plan);
  for (const { variable, slots } of parameters) {
    const found: string[] = [];
    for (const each of [variable, ...Object.values(slots)]) {
      const values = changed.has(each) ? await executor.read(each) : [];
      const index = firstNonFinite(values);
      if (index >= 0) found.push(`${each.name}[${index}] = ${values[index]}`);
    }
    if (found.length > 0) return `its update of ${variable.name} is not finite: ${found.join(', ')}`;
  }
  throw new Error('an update was noted as not finite, and all that it changed is finite');
}

/**
 * Where a loss that is not finite began. Nothing has changed since, so the weights are still those that the step met: computes the batch once more with
 * every tensor kept and finds the first one, in the order of computation, that is not finite.
 */
async function whereLoss(model: Model, source: Source<Batch>, { batch, step, rowsBefore }: BatchResult): Promise<string> {
  const { compiled } = model;
  const tensorsOf = (trace: Trace) => [
    ...trace.parts.flatMap(part => [
      ['the input', tensorOf(part, 'input')] as const,
      ...model.layers.map(({ name }, i) => [name, tensorOf(part, `layer${i}/output`)] as const),
    ]),
    ['the loss', tensorOf(trace, 'loss')] as const,
  ];
  const { trace, executable } = await prepareDivided(compiled.executor, source.batchSize, parts => {
    const trace = traceModel(model, compiled, compiled.plans, 'train', source, { parts });
    return { trace, plan: makePlan(trace.graph, { outputs: tensorsOf(trace).map(([, tensor]) => tensor) }) };
  });
  const named = tensorsOf(trace);
  writeBatch(executable, trace, batch, source.batchSize);
  executable.run({ rows: batch.rows, slot: 0, rowsBefore, ...compiled.optimizer.scalars(step) });
  for (const [name, tensor] of named) {
    const values = await executable.read(tensor);
    const index = firstNonFinite(values);
    if (index >= 0) return `; it began in the output of ${name}, number ${index} = ${values[index]}`;
  }
  return '';
}
