import type { Graph } from '../engine/graph.js';
import { sameShape } from '../engine/shape.js';
import type { Tensor } from '../engine/tensor.js';
import { add } from './add.js';

/**
 * Reverse-mode differentiation: records the nodes that compute the gradient of `of` with respect to each tensor of `wrt`, in that order.
 * `dOf` is the gradient that arrives at `of`; a loss needs none (it is 1 there). Only the nodes on the way from `wrt` to `of` get backward nodes.
 */
export function gradients(graph: Graph, of: Tensor, wrt: readonly Tensor[], dOf?: Tensor): Tensor[] {
  const forward = [...graph.nodes];
  const wanted = new Set(wrt.map(tensor => tensor.root));
  for (const node of forward) {
    if (Object.values(node.inputs).some(input => wanted.has(input.root))) {
      for (const output of Object.values(node.outputs)) wanted.add(output);
    }
  }
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
    if (!reached || !Object.values(node.inputs).some(input => wanted.has(input.root))) continue;
    if (!node.gradient)
      throw new Error(`gradients: ${node.op} (in '${node.scope}') has no gradient, but lies between the parameters and the loss`);
    const { gradient } = node;
    const dInputs = graph.within(node.scope, () => gradient(dOutputs, name => wanted.has(node.inputs[name]!.root)));
    for (const [name, dInput] of Object.entries(dInputs)) {
      const input = node.inputs[name]!;
      const { root } = input;
      const other = found.get(root);
      const part = sameShape(dInput.shape, root.shape) ? dInput : graph.reshape(dInput, root.shape);
      found.set(root, other ? add(other, part) : part);
    }
  }
  return wrt.map(tensor => {
    const gradient = found.get(tensor.root);
    if (!gradient) throw new Error(`gradients: '${tensor.name}' does not reach the loss`);
    return sameShape(gradient.shape, tensor.shape) ? gradient : graph.reshape(gradient, tensor.shape);
  });
}
