import type { Graph, Node, Replaced } from './graph.js';
import type { Shape } from './shape.js';
import { inARow, type Tensor, type Variable } from './tensor.js';

/** A rewrite of a plan's nodes: replaces runs of nodes by fused ones. It must leave the tensors that are `kept`. */
export type Fusion = (nodes: readonly Node[], graph: Graph, kept: (tensor: Tensor) => boolean) => Node[];

/** What is computed, in which order. An executor decides with which kernels and where it lies. */
export interface Plan {
  readonly nodes: readonly Node[];
  /** Tensors that the host writes. */
  readonly inputs: readonly Tensor[];
  /** Tensors that the host reads after a run. */
  readonly outputs: readonly Tensor[];
}

export interface PlanOptions {
  /** What the host wants to read; with the variables that are changed, all that must be computed. */
  readonly outputs: readonly Tensor[];
  /** Which variables a run changes, where it can; default all. */
  readonly changes?: (variable: Variable) => boolean;
  readonly fusions?: readonly Fusion[];
}

const tensorsOf = (of: Readonly<Record<string, Tensor>>): Tensor[] => Object.values(of).flatMap(({ owners }) => owners);

/** Tensors that a node reads: its inputs and the variables that it updates. */
export function reads(node: Node): Tensor[] {
  return [...tensorsOf(node.inputs), ...tensorsOf(node.updates)];
}

/** Tensors that a node writes. */
export function writes(node: Node): Tensor[] {
  return [...tensorsOf(node.outputs), ...tensorsOf(node.updates)];
}

/** The nodes that some outputs, or variables that are to be changed, need, in their order. */
export function neededFor(nodes: readonly Node[], outputs: readonly Tensor[], changes = (_: Variable): boolean => true): Node[] {
  const needed = new Set(outputs.map(tensor => tensor.root));
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    const changesState = tensorsOf(node.updates).some(({ variable }) => changes(variable!));
    if (!changesState && !tensorsOf(node.outputs).some(output => needed.has(output))) continue;
    for (const tensor of reads(node)) needed.add(tensor);
    kept.push(node);
  }
  return kept.reverse();
}

export function makePlan(graph: Graph, { outputs, changes, fusions = [] }: PlanOptions): Plan {
  const roots = new Set(outputs.map(tensor => tensor.root));
  let nodes = neededFor(graph.nodes, outputs, changes);
  for (const fusion of fusions) {
    const fused = fusion(nodes, graph, tensor => roots.has(tensor.root));
    nodes = neededFor(fused, outputs, changes);
  }
  const computed = new Set(nodes.flatMap(writes));
  const inputs = new Set<Tensor>();
  for (const tensor of [...nodes.flatMap(reads), ...roots]) {
    if (!computed.has(tensor) && !tensor.variable) inputs.add(tensor);
  }
  return { nodes, inputs: [...inputs], outputs };
}

/** The variables that runs of a plan change. */
export function changedBy({ nodes }: Plan): Set<Variable> {
  return new Set(nodes.flatMap(({ updates }) => tensorsOf(updates)).map(({ variable }) => variable!));
}

/** The node that computes a tensor: as which of its outputs or updates, and from which number of it on where it is part of a pack. */
export interface Computes extends Partial<Omit<Replaced, 'tensor'>> {
  readonly node: Node;
  readonly first?: number;
}

/** The node of a plan that computes a tensor or is the last to change its variable, and as what; where a fusion left the tensor out, the node that stands for it. */
export function computes({ nodes }: Plan, { root }: Tensor): Computes | undefined {
  for (const node of [...nodes].reverse()) {
    for (const [output, { owners }] of Object.entries({ ...node.outputs, ...node.updates })) {
      const part = owners.indexOf(root);
      if (part >= 0) return { node, output, ...(owners.length > 1 && { first: inARow(owners).offsets[part]! }) };
    }
  }
  for (const node of nodes) {
    const { tensor, ...replaced } = node.replaces.find(each => each.tensor === root) ?? {};
    if (tensor) return { node, ...replaced };
  }
  return undefined;
}

/**
 * Of a tensor whose numbers go into those of another, `per` of them along each axis into one: the element that element `index` goes into. Undefined where
 * there is none: the last row of an odd number of rows is in no pair.
 */
export function elementIn(shape: Shape, other: Shape, per: readonly number[], index: number): number | undefined {
  let [element, stride, rest] = [0, 1, index];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const place = Math.floor((rest % shape[axis]!) / per[axis]!);
    if (place >= other[axis]!) return undefined;
    element += place * stride;
    stride *= other[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return element;
}

/** When a buffer is in use: from the step that first writes it to the last that reads it. */
export interface Lifetime<T> {
  readonly item: T;
  readonly bytes: number;
  first: number;
  last: number;
}

/** A buffer to be, and what lies in it at different times. */
export interface Slot<T> {
  readonly bytes: number;
  readonly items: readonly T[];
}

/**
 * Gives each item a slot so that no two items of a slot live at the same time: the largest first, each into the first slot that is free
 * (greedy by size: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", https://arxiv.org/abs/2001.03288).
 * Whole slots are shared, never parts: WebGPU refuses a buffer bound for reading and writing in one dispatch, even on disjoint ranges.
 */
export function assignSlots<T>(lifetimes: readonly Lifetime<T>[]): Slot<T>[] {
  const slots: { bytes: number; items: T[]; taken: Lifetime<T>[] }[] = [];
  const bySize = [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const lifetime of bySize) {
    const free = slots.find(slot => slot.taken.every(other => other.last < lifetime.first || lifetime.last < other.first));
    const slot = free ?? { bytes: lifetime.bytes, items: [], taken: [] };
    if (!free) slots.push(slot);
    slot.items.push(lifetime.item);
    slot.taken.push(lifetime);
  }
  return slots;
}
