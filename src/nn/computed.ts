import { type Computes, computes, type Plan } from '../engine/plan.js';
import type { Shape } from '../engine/shape.js';
import type { Variable } from '../engine/tensor.js';
import type { Trace } from './trace.js';

/** Which node of a plan computes a tensor of a model. */
export interface Computed extends Computes {
  /** Of the tensor. */
  readonly shape: Shape;
}

/** Why no node of a plan computes a tensor: a sentence. */
export interface Uncomputed {
  readonly why: string;
}

export const NOT_NEEDED: Uncomputed = { why: 'No kernel computes it here, as nothing here needs it: only an inspection does.' };
const WRITTEN: Uncomputed = { why: 'No kernel computes it: the host writes it before each run.' };
const UNCHANGED: Uncomputed = { why: 'No kernel computes it here: it is as the last step of training left it, or as it was at first.' };

/** What computes each tensor of a trace, and each of the model's named variables before and after a step, in a plan of that trace. */
export function computedTensors(
  { tensors, graph }: Trace,
  plan: Plan,
  variables: ReadonlyMap<string, Variable>,
): Map<string, Computed | Uncomputed> {
  const found = new Map<string, Computed | Uncomputed>();
  for (const [name, tensor] of tensors) {
    const other = tensor.root.producer ? NOT_NEEDED : WRITTEN;
    const by = computes(plan, tensor);
    found.set(name, by ? { ...by, shape: tensor.shape } : other);
  }
  for (const [name, variable] of variables) {
    const by = computes(plan, graph.variable(variable));
    const { shape } = variable;
    found.set(name, by ? { ...by, shape, note: 'As the step before left it.' } : UNCHANGED);
    found.set(`${name}/updated`, by ? { ...by, shape } : UNCHANGED);
  }
  return found;
}
