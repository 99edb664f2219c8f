import type { Graph, Node } from '../engine/graph.js';
import { sameShape } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { add } from './add.js';

/** All that depends on some tensors, themselves among it. */
function dependents(nodes: readonly Node[], tensors: readonly Tensor[]): Set<Tensor> {
  const found = new Set(tensors.map(tensor => tensor.root));
  for (const node of nodes) {
    if (!Object.values(node.inputs).some(input => found.has(input.root))) continue;
    for (const output of Object.values(node.outputs)) found.add(output);
  }
  return found;
}

/**
 * Reverse-mode differentiation: records the nodes that compute the gradient of `of` with respect to each tensor of `wrt`, in that order.
 * `dOf` is the gradient that arrives at `of`; a loss needs none (it is 1 there). Only the nodes on the way from `wrt` to `of` get backward nodes.
 */
export function gradients(graph: Graph, of: Tensor, wrt: readonly Tensor[], dOf?: Tensor): Tensor[] {
  return gradientsWhereAny(graph, of, wrt, [], dOf) as Tensor[];
}

/** The same, followed by the gradients of further tensors: undefined where there is none, as before a node that has no gradient. */
export function gradientsWhereAny(
  graph: Graph,
  of: Tensor,
  wrt: readonly Tensor[],
  also: readonly Tensor[],
  dOf?: Tensor,
): (Tensor | undefined)[] {
  const forward = [...graph.nodes];
  const needed = dependents(forward, wrt);
  const wanted = dependents(forward, [...wrt, ...also]);
  const found = new Map<Tensor, Tensor>();
  if (dOf) found.set(of.root, sameShape(dOf.shape, of.root.shape) ? dOf : graph.reshape(dOf, of.root.shape));

  for (const node of forward.reverse()) {
    const dOutputs: Record<string, Tensor> = {};
    let reached = false;
    for (const [name, output] of Object.entries(node.outputs)) {
      const dOutput = found.get(output);
      if (dOutput) dOutputs[name] = dOutput;
      reached ||= dOutput !== undefined || (output === of.root && !dOf);
    }
    const inputs = Object.values(node.inputs);
    if (!reached || !inputs.some(input => wanted.has(input.root))) continue;
    const { gradient } = node;
    if (!gradient) {
      if (!inputs.some(input => needed.has(input.root))) continue;
      throw new Error(`gradients: ${node.op} (in '${node.scope}') has no gradient, but lies between the parameters and the loss`);
    }
    const dInputs = graph.within(node.scope, () => gradient(dOutputs, name => wanted.has(node.inputs[name]!.root)));
    for (const [name, dInput] of Object.entries(dInputs)) {
      const input = node.inputs[name]!;
      const { root } = input;
      const other = found.get(root);
      const part = sameShape(dInput.shape, root.shape) ? dInput : graph.reshape(dInput, root.shape);
      found.set(root, other ? add(other, part) : part);
    }
  }
  return [...wrt, ...also].map((tensor, i) => {
    const gradient = found.get(tensor.root);
    if (!gradient && i < wrt.length) throw new Error(`gradients: '${tensor.name}' does not reach the loss`);
    return !gradient || sameShape(gradient.shape, tensor.shape) ? gradient : graph.reshape(gradient, tensor.shape);
  });
}
