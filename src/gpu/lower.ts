import type { Node } from '../engine/graph.js';
import type { TensorSpec } from '../engine/op.js';
import { type Lifetime, type Plan, reads } from '../engine/plan.js';
import { byteLength, type Tensor } from '../engine/tensor.js';
import { type AdapterTraits, type BoundVariant, type Dispatch, scratchFor } from '../kernels/variant.js';

/** A dispatch and the node that it is part of. */
export interface Step {
  readonly node: Node;
  readonly variant: string;
  readonly dispatch: Dispatch;
}

/** The dispatches of a plan, each node computed by the chosen variant. What one node has prepared, later ones that would prepare the same take from it. */
export function lower(plan: Plan, variantOf: (node: Node) => BoundVariant, adapter: AdapterTraits): Step[] {
  const steps: Step[] = [];
  const prepared: Dispatch[] = [];
  for (const node of plan.nodes) {
    const variant = variantOf(node);
    const scratch = new Set<Tensor>();
    const place = scratchFor(node);
    const make = (name: string, spec: TensorSpec): Tensor => {
      const made = place(name, spec);
      scratch.add(made);
      return made;
    };
    /** Scratch tensors that an earlier node has made, by this node's own. */
    const taken = new Map<Tensor, Tensor>();
    for (const dispatch of variant.dispatches(make, adapter)) {
      const bindings = Object.entries(dispatch.bindings);
      if (dispatch.prepares && bindings.every(([, { root }]) => !root.variable)) {
        const earlier = prepared.find(each => preparesSame(each, dispatch, scratch));
        if (earlier) {
          for (const [name, tensor] of bindings) if (scratch.has(tensor)) taken.set(tensor, earlier.bindings[name]!);
          continue;
        }
        prepared.push(dispatch);
      }
      const bound = Object.fromEntries(bindings.map(([name, tensor]) => [name, taken.get(tensor) ?? tensor]));
      steps.push({ node, variant: variant.name, dispatch: { ...dispatch, bindings: bound } });
    }
  }
  return steps;
}

/** Whether two dispatches are one but for the scratch tensors that they make. */
function preparesSame(
  { bindings: given, ...earlier }: Dispatch,
  { bindings, ...dispatch }: Dispatch,
  scratch: ReadonlySet<Tensor>,
): boolean {
  const isSameInput = ([name, tensor]: [string, Tensor]): boolean => scratch.has(tensor) || given[name]?.root === tensor.root;
  return JSON.stringify(earlier) === JSON.stringify(dispatch) && Object.entries(bindings).every(isSameInput);
}

/** The packs that a plan's nodes read, but for those of variables. */
export function packs({ nodes }: Plan): Tensor[] {
  const roots = nodes.flatMap(({ inputs }) => Object.values(inputs).map(({ root }) => root));
  return [...new Set(roots)].filter(({ parts }) => parts && !parts[0]!.variable);
}

/**
 * When each tensor that is no variable and in no pack is in use, in steps: inputs from before the first, outputs and kept inputs to after the last.
 * An input or output of a node counts for the whole node even where the chosen variant binds it in one dispatch only.
 */
export function lifetimes(plan: Plan, steps: readonly Step[]): Lifetime<Tensor>[] {
  const found = new Map<Tensor, Lifetime<Tensor>>();
  const packed = new Set(packs(plan).flatMap(({ owners }) => owners));
  const use = (tensor: Tensor, step: number): void => {
    if (tensor.variable || tensor.parts || packed.has(tensor)) return;
    const lifetime = found.get(tensor);
    if (!lifetime) found.set(tensor, { item: tensor, bytes: byteLength(tensor), first: step, last: step });
    else {
      lifetime.first = Math.min(lifetime.first, step);
      lifetime.last = Math.max(lifetime.last, step);
    }
  };
  for (const input of plan.inputs) {
    use(input, -1);
    if (input.isKept) use(input, steps.length);
  }
  steps.forEach(({ node, dispatch }, i) => {
    for (const tensor of reads(node)) use(tensor, i);
    for (const tensor of Object.values(node.outputs)) use(tensor, i);
    for (const tensor of Object.values(dispatch.bindings)) use(tensor.root, i);
  });
  for (const output of plan.outputs) use(output.root, steps.length);
  return [...found.values()];
}
