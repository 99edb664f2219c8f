import type { Scalars } from '../../../../engine/executor.js';
import type { Plan } from '../../../../engine/plan.js';
import { OPTIMIZERS } from '../../../../nn/optimizers.js';
import { ReferenceExecutor } from '../../../../reference/executor.js';

/** What an op of a training step took, on average. */
export interface OpTime {
  readonly op: string;
  /** The layer. */
  readonly scope: string;
  readonly ms: number;
  /** Operations by the op's definition: a multiply-add is 2. */
  readonly flops: number;
}

/** The CPU reference with a clock on each op of the plan that trains. */
export class TimedReference extends ReferenceExecutor {
  #steps = 0;
  readonly #ms = new Map<Plan['nodes'][number], number>();

  override async prepare(plan: Plan) {
    const executable = await super.prepare(plan);
    if (!plan.nodes.some(({ op }) => Object.hasOwn(OPTIMIZERS, op.split('_')[0]!))) return executable;
    executable.run = (scalars: Scalars): void => {
      this.#steps++;
      for (const node of plan.nodes) {
        const begin = performance.now();
        executable.runNode(node, scalars);
        this.#ms.set(node, (this.#ms.get(node) ?? 0) + performance.now() - begin);
      }
    };
    return executable;
  }

  /** Milliseconds of a step, and of each op of it, the longest first. */
  perStep(): { readonly ms: number; readonly times: readonly OpTime[] } {
    const times = [...this.#ms].map(([{ op, scope, cost }, ms]) => ({ op, scope, ms: ms / this.#steps, flops: cost.flops }));
    return { ms: times.reduce((sum, { ms }) => sum + ms, 0), times: times.sort((a, b) => b.ms - a.ms) };
  }
}
