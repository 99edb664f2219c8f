import type { Graph, Node } from './graph.js';
import type { Tensor } from './tensor.js';

/** A rewrite of a plan's nodes: replaces runs of nodes by fused ones. `internal(tensor)`: nobody outside the matched nodes may need the tensor. */
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
  /** What the host wants to read; with the variables that nodes update, all that must be computed. */
  readonly outputs: readonly Tensor[];
  readonly fusions?: readonly Fusion[];
}

const tensorsOf = (of: Readonly<Record<string, Tensor>>): Tensor[] => Object.values(of).map(tensor => tensor.root);

/** Tensors that a node reads: its inputs and the variables that it updates. */
export function reads(node: Node): Tensor[] {
  return [...tensorsOf(node.inputs), ...tensorsOf(node.updates)];
}

/** Tensors that a node writes. */
export function writes(node: Node): Tensor[] {
  return [...tensorsOf(node.outputs), ...tensorsOf(node.updates)];
}

/** The nodes that some outputs, or variables' updates, need, in their order. */
export function neededFor(nodes: readonly Node[], outputs: readonly Tensor[]): Node[] {
  const needed = new Set(outputs.map(tensor => tensor.root));
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    const changesState = Object.keys(node.updates).length > 0;
    if (!changesState && !tensorsOf(node.outputs).some(output => needed.has(output))) continue;
    for (const tensor of reads(node)) needed.add(tensor);
    kept.push(node);
  }
  return kept.reverse();
}

export function makePlan(graph: Graph, { outputs, fusions = [] }: PlanOptions): Plan {
  const roots = new Set(outputs.map(tensor => tensor.root));
  let nodes = neededFor(graph.nodes, outputs);
  for (const fusion of fusions)
    nodes = neededFor(
      fusion(nodes, graph, tensor => roots.has(tensor.root)),
      outputs,
    );
  const computed = new Set(nodes.flatMap(writes));
  const inputs = new Set<Tensor>();
  for (const tensor of [...nodes.flatMap(reads), ...roots]) {
    if (!computed.has(tensor) && !tensor.variable) inputs.add(tensor);
  }
  return { nodes, inputs: [...inputs], outputs };
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
