import { sizeOf } from '../engine/shape.js';
import { ReferenceExecutor } from '../reference/executor.js';
import { type Case, labelOf } from './cases.js';
import { prepareReference, trace } from './run.js';

/** How an op's gradient compares with differences of its values. */
export interface GradientResult {
  readonly case: string;
  readonly input: string;
  readonly checked: number;
  /** Worst difference relative to the gradient's largest value. */
  readonly error: number;
}

/** Elements of an input that are tried, spread over it: fewer where a value of the function takes long, and how many operations all tries may take. */
const MOST_CHECKED = 60;
const FEWEST_CHECKED = 12;
const OPERATIONS = 4e8;

/** Values of the function that a difference takes. */
const VALUES = 4;

/** Step of the differences: with float64 sums its error is about STEP^4 and 1e-16 / STEP. */
const STEP = 1e-4;

/**
 * Checks the reference's gradients in float64 against fourth-order central differences of sum(output * dOutput) (or of the loss):
 * f' = (8 (f(+h) - f(-h)) - (f(+2h) - f(-2h))) / 12 h. Elements whose change makes another maximum win are left out.
 */
export async function checkGradients(of: Case): Promise<GradientResult[]> {
  const traced = trace(of);
  const { problem, dOutput } = traced;
  const executable = await prepareReference(traced, new ReferenceExecutor('float64'));
  const output = problem.outputs[0]!;
  const value = (): number => {
    for (const node of traced.forward) executable.runNode(node, problem.scalars);
    const values = executable.valuesOf(output);
    if (!dOutput) return values[0]!;
    const weights = executable.valuesOf(dOutput);
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[i]! * weights[i]!;
    return sum;
  };
  const choices = traced.forward.flatMap(node => Object.values(node.outputs)).filter(({ dtype }) => dtype === 'uint32');
  const winners = (): string => choices.map(tensor => executable.valuesOf(tensor).join()).join();
  executable.run(problem.scalars);
  const before = winners();
  const operations = VALUES * traced.forward.reduce((sum, { cost }) => sum + cost.flops, 0);
  const most = Math.min(Math.max(Math.floor(OPERATIONS / operations), FEWEST_CHECKED), MOST_CHECKED);
  const results: GradientResult[] = [];
  for (const [k, tensor] of problem.wrt.entries()) {
    const analytic = Float64Array.from(executable.valuesOf(traced.gradients[k]!));
    const data = executable.valuesOf(tensor);
    const stride = Math.max(1, Math.floor(sizeOf(tensor.shape) / most));
    let largest = 0;
    for (const gradient of analytic) largest = Math.max(largest, Math.abs(gradient));
    let error = 0;
    let checked = 0;
    for (let i = 0; i < data.length; i += stride) {
      const center = data[i]!;
      let onOneSide = true;
      const at = (offset: number): number => {
        data[i] = center + offset;
        const result = value();
        onOneSide &&= winners() === before;
        return result;
      };
      const numeric = (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP);
      data[i] = center;
      // Where another value of a window wins on the way, there is a kink and no derivative.
      if (!onOneSide) continue;
      error = Math.max(error, Math.abs(numeric - analytic[i]!) / (largest || 1));
      checked++;
    }
    results.push({ case: labelOf(of), input: tensor.name, checked, error });
  }
  return results;
}
