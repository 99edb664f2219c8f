import type { Executable, Executor, Scalars } from '../engine/executor.js';
import type { Node } from '../engine/graph.js';
import type { Plan } from '../engine/plan.js';
import { formatShape, sizeOf } from '../engine/shape.js';
import { inARow, type NumberArray, type Tensor, type Variable } from '../engine/tensor.js';
import { twins } from './index.js';
import type { Values } from './values.js';

/** 'float64' keeps every digit between ops too: for finite differences. */
export type Precision = 'float32' | 'float64';

/** Computes plans with the CPU twins, one node after another. */
export class ReferenceExecutor implements Executor {
  readonly description: string;
  readonly keptBytes = 0;
  readonly #precision: Precision;
  readonly #variables = new Map<Variable, Values>();

  constructor(precision: Precision = 'float32') {
    this.#precision = precision;
    this.description = `CPU reference (${precision})`;
  }

  allocate(...variables: readonly Variable[]): readonly (readonly Variable[])[] {
    const { offsets, size } = inARow(variables);
    const largest = variables.reduce((a, b) => (sizeOf(b.shape) > sizeOf(a.shape) ? b : a));
    const row = this.#empty(largest, size);
    for (const [i, variable] of variables.entries())
      this.#variables.set(variable, row.subarray(offsets[i], offsets[i]! + sizeOf(variable.shape)));
    return [variables];
  }

  free(variable: Variable): void {
    this.#variables.delete(variable);
  }

  write(variable: Variable, data: NumberArray): void {
    const values = this.#valuesOf(variable);
    if (data.length !== values.length) {
      throw new Error(`write: '${variable.name}' has shape ${formatShape(variable.shape)}, ${data.length} numbers were given`);
    }
    values.set(data);
  }

  async read(variable: Variable): Promise<NumberArray> {
    return this.#valuesOf(variable).slice();
  }

  async keep(): Promise<void> {}

  async revive(): Promise<void> {}

  accept(): boolean {
    return false;
  }

  fits(): boolean {
    return true;
  }

  runs(): boolean {
    return true;
  }

  async prepare(plan: Plan): Promise<ReferenceExecutable> {
    const values = new Map<Tensor, Values>();
    const used = plan.nodes.flatMap(node => Object.values({ ...node.inputs, ...node.outputs, ...node.updates }));
    const unknown = plan.nodes.find(({ op }) => !twins[op]);
    if (unknown) throw new Error(`${unknown.op} has no CPU twin in reference/`);
    const roots = [...new Set([...used, ...plan.outputs].map(({ root }) => root))];
    for (const pack of roots.filter(({ parts }) => parts)) {
      const { offsets } = inARow(pack.owners);
      const all = pack.owners[0]!.variable ? this.#rowOf(pack) : this.#empty(pack);
      values.set(pack, all);
      for (const [i, part] of pack.owners.entries()) values.set(part, all.subarray(offsets[i], offsets[i]! + sizeOf(part.shape)));
    }
    for (const root of roots) if (!values.has(root)) values.set(root, root.variable ? this.#valuesOf(root.variable) : this.#empty(root));
    return new ReferenceExecutable(plan, values);
  }

  async close(): Promise<void> {
    this.#variables.clear();
  }

  /** Room for a tensor, or for a row of several, of which it is the largest. */
  #empty({ name, shape, dtype }: Pick<Variable, 'name' | 'shape' | 'dtype'>, size = sizeOf(shape)): Values {
    try {
      if (dtype === 'float32') return this.#precision === 'float64' ? new Float64Array(size) : new Float32Array(size);
      return dtype === 'uint32' ? new Uint32Array(size) : new Uint8Array(size);
    } catch (error) {
      throw new Error(
        `'${name}' of shape ${formatShape(shape)} has ${sizeOf(shape)} numbers, more than there is memory for: use smaller images`,
        {
          cause: error,
        },
      );
    }
  }

  /** The numbers of a pack of variables, which lie one after another. */
  #rowOf({ name, owners }: Tensor): Values {
    const [first, ...others] = owners.map(({ variable }) => this.#valuesOf(variable!));
    const { offsets, size } = inARow(owners);
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = first!;
    if (others.some((values, i) => values.buffer !== buffer || values.byteOffset !== byteOffset + BYTES_PER_ELEMENT * offsets[i + 1]!))
      throw new Error(`'${name}' is a pack of variables that were not allocated together`);
    return first instanceof Float64Array ? new Float64Array(buffer, byteOffset, size) : new Float32Array(buffer, byteOffset, size);
  }

  #valuesOf(variable: Variable): Values {
    const values = this.#variables.get(variable);
    if (!values) throw new Error(`variable '${variable.name}' has no place here: allocate it first`);
    return values;
  }
}

/** A plan on the CPU: each run computes it at once. */
export class ReferenceExecutable implements Executable {
  readonly isLost = false;
  readonly #plan: Plan;
  readonly #values: ReadonlyMap<Tensor, Values>;

  constructor(plan: Plan, values: ReadonlyMap<Tensor, Values>) {
    this.#plan = plan;
    this.#values = values;
  }

  write(input: Tensor, data: NumberArray): void {
    this.valuesOf(input).set(data);
  }

  run(scalars: Scalars): void {
    for (const node of this.#plan.nodes) this.runNode(node, scalars);
  }

  /** Runs one node of the plan. */
  runNode(node: Node, scalars: Scalars): void {
    const tensors = Object.entries({ ...node.inputs, ...node.outputs, ...node.updates }).map(([name, tensor]) => [
      name,
      this.valuesOf(tensor),
    ]);
    const attrs = Object.entries(node.attrs).map(([name, value]) => {
      const number = typeof value === 'number' ? value : scalars[value.scalar];
      if (number === undefined)
        throw new Error(`run: ${node.op} needs the scalar '${name}'; given were ${Object.keys(scalars).join(', ') || 'none'}`);
      return [name, number];
    });
    twins[node.op]!.run(Object.fromEntries(tensors), Object.fromEntries(attrs));
  }

  /** Lets the event loop turn, so that timers and Ctrl-C get their chance between runs. */
  ready(): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, 0));
  }

  async idle(): Promise<void> {}

  async read(output: Tensor): Promise<NumberArray> {
    return this.valuesOf(output).slice();
  }

  /** The array of any tensor of the plan, as it is now. */
  valuesOf(tensor: Tensor): Values {
    const values = this.#values.get(tensor.root);
    if (!values) throw new Error(`'${tensor.name}' is not a tensor of this plan`);
    return values;
  }

  release(): void {}
}
