import type { BoundVariant, Node } from '../engine/graph.js';
import { makePlan, type Plan } from '../engine/plan.js';
import type { NumberArray, Tensor } from '../engine/tensor.js';
import type { GpuExecutor } from '../gpu/executor.js';
import { gradients } from '../ops/gradients.js';
import { type ReferenceExecutable, ReferenceExecutor } from '../reference/executor.js';
import { type Case, fill, labelOf, type Problem, problemOf } from './cases.js';
import { compare, type Difference, TOLERANCE } from './compare.js';

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
  const forward = [...graph.nodes];
  const dOutput = wrt.length > 0 && !isLoss ? graph.input('dOutput', outputs[0]!.shape) : undefined;
  const found = wrt.length > 0 ? gradients(graph, outputs[0]!, wrt, dOutput) : [];
  return { problem, forward, plan: makePlan(graph, { outputs: [...outputs, ...found] }), gradients: found, dOutput };
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
    const before = snapshot(executable, [...Object.values(node.inputs), ...Object.values(node.updates)]);
    executable.runNode(node, problem.scalars);
    const wanted = snapshot(executable, [...Object.values(node.outputs), ...Object.values(node.updates)]);
    for (const variant of node.variants.filter(candidate => candidate.supports(gpu.traits))) {
      const { found, damaged } = await runNode(node, variant, before, problem.scalars, gpu);
      let worst: Difference = { error: -1, index: 0, found: 0, wanted: 0 };
      let tensor = '';
      for (const [output, values] of wanted) {
        const difference = compare(found.get(output)!, values);
        if (difference.error > worst.error) {
          worst = difference;
          tensor = output.name;
        }
      }
      const ok = worst.error <= TOLERANCE && damaged.length === 0;
      results.push({ op: node.op, variant: variant.name, case: labelOf(of), worst, tensor, tolerance: TOLERANCE, damaged, ok });
    }
  }
  return results;
}

function snapshot(executable: ReferenceExecutable, tensors: readonly Tensor[]): Map<Tensor, NumberArray> {
  return new Map(tensors.map(({ root }) => [root, executable.valuesOf(root).slice()]));
}

/** Computes one node by one variant from given numbers. */
export async function runNode(
  node: Node,
  variant: BoundVariant,
  before: ReadonlyMap<Tensor, NumberArray>,
  scalars: Readonly<Record<string, number>>,
  gpu: GpuExecutor,
): Promise<{ found: Map<Tensor, NumberArray>; damaged: string[] }> {
  const inputs = Object.values(node.inputs).map(tensor => tensor.root);
  const written = [...Object.values(node.outputs), ...Object.values(node.updates)];
  for (const { variable } of [...inputs, ...written]) if (variable) gpu.allocate(variable);
  const plan = { nodes: [node], inputs: inputs.filter(tensor => !tensor.variable), outputs: written };
  const executable = await gpu.prepare(plan, () => variant);
  for (const [{ root }, values] of before) {
    if (root.variable) gpu.write(root.variable, values);
    else executable.write(root, values);
  }
  executable.run(scalars);
  const found = new Map<Tensor, NumberArray>();
  for (const tensor of written) found.set(tensor, tensor.variable ? await gpu.read(tensor.variable) : await executable.read(tensor));
  const damaged = await gpu.damaged(executable);
  executable.release();
  return { found, damaged };
}
