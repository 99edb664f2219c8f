import { exactModel, madeUpImages } from '../src/bench/exact.js';
import { nodesOf, sizeKey } from '../src/bench/ops.js';
import type { Executor } from '../src/engine/executor.js';
import type { Node } from '../src/engine/graph.js';
import { FUSIONS } from '../src/ops/fusions.js';
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
  return [...new Map([...own, ...others].map(node => [sizeKey(node), node])).values()];
}
