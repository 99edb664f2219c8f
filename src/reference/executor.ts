import type { Executable, Executor, Scalars } from '../engine/executor.js';
import type { Node } from '../engine/graph.js';
import type { Plan } from '../engine/plan.js';
import { formatShape, sizeOf } from '../engine/shape.js';
import type { NumberArray, Tensor, Variable } from '../engine/tensor.js';
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

  allocate(variable: Variable): void {
    this.#variables.set(variable, this.#empty(variable));
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
    for (const node of plan.nodes) {
      if (!twins[node.op]) throw new Error(`${node.op} has no CPU twin in reference/`);
      for (const { root } of Object.values({ ...node.inputs, ...node.outputs, ...node.updates })) {
        if (!values.has(root)) values.set(root, root.variable ? this.#valuesOf(root.variable) : this.#empty(root));
      }
    }
    for (const { root } of plan.outputs) {
      if (!values.has(root)) values.set(root, root.variable ? this.#valuesOf(root.variable) : this.#empty(root));
    }
    return new ReferenceExecutable(plan, values);
  }

  async close(): Promise<void> {
    this.#variables.clear();
  }

  #empty({ name, shape, dtype }: Pick<Variable, 'name' | 'shape' | 'dtype'>): Values {
    const size = sizeOf(shape);
    try {
      if (dtype === 'float32') return this.#precision === 'float64' ? new Float64Array(size) : new Float32Array(size);
      return dtype === 'uint32' ? new Uint32Array(size) : new Uint8Array(size);
    } catch (error) {
      throw new Error(`'${name}' of shape ${formatShape(shape)} has ${size} numbers, more than there is memory for: use smaller images`, {
        cause: error,
      });
    }
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
    if (!values) throw new Error(`'${tensor.name}' is no tensor of this plan`);
    return values;
  }

  release(): void {}
}
