import { cases } from '../src/check/cases.js';
import { trace } from '../src/check/run.js';
import type { Node } from '../src/engine/graph.js';
import { kernelsOf } from '../src/kernels/index.js';
import { type AdapterTraits, scratchFor } from '../src/kernels/variant.js';

/** A shader with its constants, and a kernel that runs it. */
export interface CompiledKernel {
  readonly op: string;
  readonly variant: string;
  readonly madeFor: string;
  readonly shader: string;
  readonly constants: Readonly<Record<string, number>>;
  readonly workgroups: readonly number[];
}

/** Every shader that an adapter can run, by each of the constants that the nodes of steps give it; those that no step runs as the first checked case does. */
export function compiledKernels(steps: readonly Node[], traits: AdapterTraits): readonly CompiledKernel[] {
  const own = distinct(dispatched(steps, traits), ({ shader, constants }) => `${shader} ${JSON.stringify(constants)}`);
  const known = new Set(own.map(({ shader }) => shader));
  const checked = dispatched(
    cases.flatMap(of => trace(of).plan.nodes),
    traits,
  );
  const others = distinct(
    checked.filter(({ shader }) => !known.has(shader)),
    ({ shader }) => shader,
  );
  return [...own, ...others];
}

function dispatched(nodes: readonly Node[], traits: AdapterTraits): CompiledKernel[] {
  return nodes.flatMap(node => {
    const supported = kernelsOf(node).filter(variant => variant.supports(traits));
    return supported.flatMap(({ name, madeFor, dispatches }) =>
      dispatches(scratchFor(node), traits).map(({ shader, constants = {}, workgroups }) => ({
        op: node.op,
        variant: name,
        madeFor,
        shader,
        constants,
        workgroups,
      })),
    );
  });
}

/** The first of each key, but of those that kernels made for GPUs share with others theirs. */
function distinct(kernels: readonly CompiledKernel[], keyOf: (kernel: CompiledKernel) => string): CompiledKernel[] {
  const chosen = new Map<string, CompiledKernel>();
  for (const kernel of [...kernels].sort((a, b) => Number(b.madeFor === 'GPUs') - Number(a.madeFor === 'GPUs'))) {
    if (!chosen.has(keyOf(kernel))) chosen.set(keyOf(kernel), kernel);
  }
  return [...chosen.values()];
}
