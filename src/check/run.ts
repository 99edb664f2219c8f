import type { Node } from '../engine/graph.js';
import { makePlan, neededFor, type Plan } from '../engine/plan.js';
import type { NumberArray, Tensor } from '../engine/tensor.js';
import type { GpuExecutor } from '../gpu/executor.js';
import { FUSIONS } from '../ops/fusions.js';
import { gradients } from '../ops/gradients.js';
import { type ReferenceExecutable, ReferenceExecutor } from '../reference/executor.js';
import { type Case, labelOf } from './cases.js';
import { compare, type Difference, toleranceOf } from './compare.js';
import { fill } from './fill.js';
import { type Problem, problemOf } from './problem.js';

/** Bytes behind each tensor of a checked kernel that it must not touch. */
export const GUARD_BYTES = 256;

/** What one kernel of a case gave. */
export interface Result {
  /** The op that the kernel computes, as in the name of its shader. */
  readonly op: string;
  readonly variant: string;
  readonly case: string;
  readonly worst: Difference;
  /** The tensor with the worst difference. */
  readonly tensor: string;
  readonly tolerance: number;
  /** Tensors behind whose end the kernel wrote. */
  readonly damaged: readonly string[];
  readonly ok: boolean;
}

/** A case with its backward nodes recorded, and the tensors that the gradients arrive at and leave from. */
export interface Traced {
  readonly problem: Problem;
  readonly plan: Plan;
  readonly forward: readonly Node[];
  readonly gradients: readonly Tensor[];
  /** The gradient that is given for the first output; none for a loss. */
  readonly dOutput: Tensor | undefined;
}

export function trace(of: Case): Traced {
  const problem = problemOf(of);
  const { graph, outputs, wrt, isLoss } = problem;
  const dOutput = wrt.length > 0 && !isLoss ? graph.input('dOutput', outputs[0]!.shape) : undefined;
  const found = wrt.length > 0 ? gradients(graph, outputs[0]!, wrt, dOutput) : [];
  const plan = makePlan(graph, { outputs: [...outputs, ...found], fusions: FUSIONS });
  return { problem, plan, forward: neededFor(plan.nodes, outputs.slice(0, 1)), gradients: found, dOutput };
}

/** Puts a case's data into an executor of its plan. */
export async function prepareReference({ problem, plan, dOutput }: Traced, reference: ReferenceExecutor): Promise<ReferenceExecutable> {
  for (const { variable } of problem.variables) reference.allocate(variable);
  problem.variables.forEach(({ variable, fill: kind }, i) => {
    reference.write(variable, fill(kind, variable.shape, 100 + i));
  });
  const executable = await reference.prepare(plan);
  problem.inputs.forEach(({ tensor, fill: kind }, i) => {
    executable.write(tensor, fill(kind, tensor.shape, i + 1));
  });
  if (dOutput) executable.write(dOutput, fill('distinct', dOutput.shape, 50));
  return executable;
}

/** Runs every kernel of a case, forward and backward, each variant that the adapter supports, on the reference's numbers, and compares. */
export async function checkCase(of: Case, gpu: GpuExecutor): Promise<Result[]> {
  const traced = trace(of);
  const { problem, plan } = traced;
  const executable = await prepareReference(traced, new ReferenceExecutor());
  const results: Result[] = [];
  for (const node of plan.nodes) {
    const before = snapshot(executable, { ...node.inputs, ...node.updates });
    executable.runNode(node, problem.scalars);
    const wanted = snapshot(executable, { ...node.outputs, ...node.updates });
    for (const variant of gpu.kernelsOf(node).filter(candidate => candidate.supports(gpu.traits))) {
      const { found, damaged } = await runNode(node, variant.name, before, problem.scalars, gpu);
      const { tensor, ...worst } = worstOf(found, wanted);
      const tolerance = toleranceOf(node, variant.amplification);
      const ok = worst.error <= tolerance && damaged.length === 0;
      results.push({ op: node.op, variant: variant.name, case: labelOf(of), worst, tensor, tolerance, damaged, ok });
    }
  }
  return results;
}

/** Numbers of a node's tensors, by the op's names for them. */
export type Snapshot = Readonly<Record<string, NumberArray>>;

/** Copies of tensors' numbers as they are now. */
export function snapshot(executable: ReferenceExecutable, tensors: Readonly<Record<string, Tensor>>): Snapshot {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, executable.valuesOf(tensor).slice()]));
}

/** The worst difference among a node's tensors, and which tensor has it. */
export function worstOf(found: Snapshot, wanted: Snapshot): Difference & { readonly tensor: string } {
  const differences = Object.entries(wanted).map(([tensor, values]) => ({ tensor, ...compare(found[tensor]!, values) }));
  return differences.reduce((worst, difference) => (difference.error > worst.error ? difference : worst));
}

/** Computes one node by one variant from given numbers of its inputs and updates, on tensors of its own. */
export async function runNode(
  node: Node,
  variantName: string,
  before: Snapshot,
  scalars: Readonly<Record<string, number>>,
  gpu: GpuExecutor,
): Promise<{ found: Snapshot; damaged: string[] }> {
  const alone = node.isolated();
  const { inputs, outputs, updates } = alone;
  const variant = gpu.kernelsOf(alone).find(({ name }) => name === variantName)!;
  const variables = Object.values(updates).map(tensor => tensor.variable!);
  for (const variable of variables) gpu.allocate(variable);
  const plan = { nodes: [alone], inputs: Object.values(inputs), outputs: Object.values(outputs) };
  const executable = await gpu.prepare(plan, () => variant);
  for (const [name, tensor] of Object.entries(inputs)) executable.write(tensor, before[name]!);
  for (const [name, { variable }] of Object.entries(updates)) gpu.write(variable!, before[name]!);
  executable.run(scalars);
  const found: Record<string, NumberArray> = {};
  for (const [name, tensor] of Object.entries(outputs)) found[name] = await executable.read(tensor);
  for (const [name, { variable }] of Object.entries(updates)) found[name] = await gpu.read(variable!);
  const damaged = await gpu.damaged(executable);
  executable.release();
  for (const variable of variables) gpu.free(variable);
  return { found, damaged };
}
