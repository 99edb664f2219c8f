import type { Graph } from '../engine/graph.js';
import type { Tensor, Variable } from '../engine/tensor.js';
import type { Parameter } from './layer_stack.js';
import type { Optimizer } from './optimizers.js';

/** A weight that is trained, and what its step is made of. */
interface Update extends Parameter {
  readonly gradient: Tensor;
}

/** What decides whether any weight makes its step: see record(). And where a step that is not finite is noted. */
interface Gate {
  readonly gate: Tensor;
  readonly faults: Tensor;
}

/** The place of an update among the faults; 0 is that of the loss. */
export const UPDATE = 1;

/**
 * Weights in their order, in lists whose steps can be one: the variables lie together, and so can the gradients, each of which a node computes for one weight
 * alone and from no other gradient, as no kernel reads one part of a buffer and writes another.
 */
function groups(updates: readonly Update[], together: readonly (readonly Variable[])[]): Update[][] {
  const roots = updates.map(({ gradient }) => gradient.root);
  const listOf = new Map(together.flatMap(list => list.map(variable => [variable, list] as const)));
  const isOwn = ({ root }: Tensor): boolean => {
    const read = Object.values(root.producer?.inputs ?? {}).map(input => input.root);
    return root.producer !== undefined && roots.filter(other => other === root).length === 1 && !roots.some(other => read.includes(other));
  };
  const found: { readonly list: readonly Variable[] | undefined; readonly updates: Update[] }[] = [];
  for (const update of updates) {
    const list = isOwn(update.gradient) ? listOf.get(update.variable) : undefined;
    const last = found.at(-1);
    if (list && last?.list === list) last.updates.push(update);
    else found.push({ list, updates: [update] });
  }
  return found.map(group => group.updates);
}

/** Records the optimizer's step of weights: one for all that lie together, `together` as in Setup. `tensorFor`: the tensor of a variable. */
export function traceUpdates(
  graph: Graph,
  optimizer: Optimizer,
  updates: readonly Update[],
  { gate, faults }: Gate,
  together: readonly (readonly Variable[])[],
  tensorFor: (variable: Variable) => Tensor,
): void {
  for (const group of groups(updates, together)) {
    const [first, ...others] = group as [Update, ...Update[]];
    const packed = (name: string, variables: readonly Variable[]): Tensor => graph.pack(name, variables.map(tensorFor));
    const slots = Object.keys(first.slots).map(
      slot =>
        [
          slot,
          packed(
            slot,
            group.map(({ slots }) => slots[slot]!),
          ),
        ] as const,
    );
    const gradient = graph.pack(
      'gradients',
      group.map(update => update.gradient),
    );
    const parameter = packed(
      'weights',
      group.map(({ variable }) => variable),
    );
    const scope = others.length === 0 ? first.variable.name : 'optimizer';
    graph.within(scope, () => optimizer.update(gradient, gate, parameter, Object.fromEntries(slots), { faults, place: UPDATE }));
  }
}
