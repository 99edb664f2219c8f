import type { Executor } from '../engine/executor.js';
import { streams } from '../engine/random.js';
import { GpuExecutor } from '../gpu/executor.js';
import { allocations } from '../nn/layer_stack.js';
import type { Sequential } from '../nn/model.js';
import { writeBatch } from '../nn/plans.js';
import { PREPARING, withRecovery } from '../nn/recovery.js';
import { type Batch, nextBatch, type Source } from '../nn/source.js';
import { ReferenceExecutor } from '../reference/executor.js';
import { runNode, snapshot, worstOf } from './run.js';

/** How one kernel of a training step compares with its CPU twin. */
export interface VerifyResult {
  /** Layer, op and variant. */
  readonly name: string;
  /** Worst difference, relative to the largest value. */
  readonly error: number;
  readonly detail: string;
  readonly ok: boolean;
}

/** Winograd's transforms and long sums round more than the small cases of `wgrad check`; of integers, the share that may differ. */
const TOLERANCE = 1e-4;

/**
 * Computes a model's next training step node by node on the reference, and each node on the GPU from the reference's numbers by the variant that
 * training would take. The model and the source are left as they were.
 */
export async function verifyStep(
  model: Sequential,
  source: Source<Batch>,
  executor: Executor,
  onResult: (result: VerifyResult) => void,
): Promise<VerifyResult[]> {
  if (!(executor instanceof GpuExecutor))
    throw new Error('--verify compares the GPU with the CPU reference: there is nothing to verify with --device cpu');
  const { compiled } = model;
  const { trace, plan } = await withRecovery(model, PREPARING, () => compiled.plans.get('train', source));
  const variantOf = await withRecovery(model, PREPARING, () => executor.choose(plan.nodes));
  const reference = new ReferenceExecutor();
  for (const variables of allocations(compiled.parameters)) {
    reference.allocate(...variables);
    for (const each of variables) reference.write(each, await executor.read(each));
  }
  reference.allocate(compiled.plans.history);
  reference.allocate(compiled.plans.faults);
  const [state, stream] = [source.save(), streams.numpy.state];
  const batch = await nextBatch(source, [0], 0);
  source.restore(state);
  streams.numpy.state = stream;
  const executable = await reference.prepare(plan);
  writeBatch(executable, trace, batch, source.batchSize);
  const scalars = { rows: batch.rows, slot: 0, ...model.nextScalars };
  const results: VerifyResult[] = [];
  for (const node of plan.nodes) {
    const variant = variantOf(node).name;
    const before = snapshot(executable, { ...node.inputs, ...node.updates });
    executable.runNode(node, scalars);
    const { found } = await withRecovery(model, `while ${node.op} was verified`, () => runNode(node, variant, before, scalars, executor));
    const worst = worstOf(found, snapshot(executable, { ...node.outputs, ...node.updates }));
    const detail = `${worst.tensor}[${worst.index}] is ${worst.found}, the reference gives ${worst.wanted}`;
    const result = { name: `${node.scope} ${node.op}.${variant}`, error: worst.error, detail, ok: worst.error <= TOLERANCE };
    results.push(result);
    onResult(result);
  }
  return results;
}
