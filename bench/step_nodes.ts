import type { Executor } from '../src/engine/executor.js';
import type { Node } from '../src/engine/graph.js';
import { type Fusion, makePlan } from '../src/engine/plan.js';
import type { Sequential } from '../src/nn/model.js';
import type { Batch, Source } from '../src/nn/source.js';
import { traceModel } from '../src/nn/trace.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { exactModel, madeUpImages } from './exact.js';
import { FURTHER_SIZE, furtherModels } from './further.js';

/**
 * What a training step computes, each op once a size: of the face-mask network, its convolutions fused with their pooling and by themselves, as networks
 * without pooling have them; then the ops that only other networks have.
 */
export async function stepNodes(executor: Executor, batch: number): Promise<readonly Node[]> {
  const model = await exactModel(executor);
  const further = await furtherModels(executor);
  const own = [FUSIONS, []].flatMap(fusions => nodesOf(model, madeUpImages(batch).source, fusions));
  const known = new Set(own.map(({ op }) => op));
  const others = further
    .flatMap(each => nodesOf(each, madeUpImages(batch, FURTHER_SIZE).source, FUSIONS))
    .filter(({ op }) => !known.has(op));
  for (const each of [model, ...further]) await each.close();
  return [...new Map([...own, ...others].map(node => [`${node.op} ${JSON.stringify(node.attrs)}`, node])).values()];
}

function nodesOf(model: Sequential, source: Source<Batch>, fusions: readonly Fusion[]): readonly Node[] {
  const { graph } = traceModel(model, model.compiled, model.compiled.plans, 'train', source);
  return makePlan(graph, { outputs: [], fusions }).nodes;
}
