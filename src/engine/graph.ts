import type { Attrs, Cost, Op, TensorSpec } from './op.js';
import { formatShape, type Shape, sameShape, sizeOf } from './shape.js';
import { type DType, inARow, Tensor, type Variable } from './tensor.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** A tensor of the unfused graph that a fused node stands for and does not store. */
export interface Replaced {
  readonly tensor: Tensor;
  /** The output that each of its numbers goes into; absent where all of them are met on the way to every output. */
  readonly output?: string;
  /** How many of its numbers along each axis share one of that output: see elementIn(). */
  readonly per?: readonly number[];
  /** What becomes of its numbers, for people. */
  readonly note: string;
}

/** One op applied: computes `outputs` from `inputs` and changes `updates` (variables) in place. */
export interface Node {
  readonly op: string;
  /** The layer or part of the step that it belongs to, for labels: 'conv2d_1'. */
  readonly scope: string;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  readonly updates: Tensors;
  readonly attrs: Attrs;
  readonly cost: Cost;
  /** Of a fusion. */
  readonly replaces: readonly Replaced[];
  /** The same op on tensors and variables of its own: to try or check it without touching the model's. */
  isolated(): Node;
  /** Inputs that are never negative, and outputs that are means over the batch. */
  readonly positive: readonly string[];
  readonly means: readonly string[];
  /** The same, on another batch size where the attrs have a `batch`; absent where the op can't tell its inputs' shapes. */
  readonly withBatch?: (batch: number) => Node;
  /** Records the gradients of the wanted inputs; absent where the op has none. */
  readonly gradient?: (dOutputs: Readonly<Record<string, Tensor>>, needs: (input: string) => boolean) => Tensors;
}

/** Ops in the order they were recorded, which is the order they run in. */
export class Graph {
  readonly nodes: Node[] = [];
  #scope = '';
  readonly #variables = new Map<Variable, Tensor>();

  /** A tensor that the host writes before a run. */
  input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
    return new Tensor(this, name, shape, dtype);
  }

  /** A tensor that the host writes before the first run of a plan, for all of them. */
  kept(name: string, shape: Shape, dtype: DType): Tensor {
    return new Tensor(this, name, shape, dtype, { isKept: true });
  }

  /** The tensor that stands for a variable in this graph. */
  variable(variable: Variable): Tensor {
    let tensor = this.#variables.get(variable);
    if (!tensor) {
      tensor = new Tensor(this, variable.name, variable.shape, variable.dtype, { variable });
      this.#variables.set(variable, tensor);
    }
    return tensor;
  }

  /** Records what `trace` records under the name of a layer. */
  within<T>(scope: string, trace: () => T): T {
    const outer = this.#scope;
    this.#scope = scope;
    try {
      return trace();
    } finally {
      this.#scope = outer;
    }
  }

  /** The same numbers under another shape: nothing is copied. */
  reshape(tensor: Tensor, shape: Shape): Tensor {
    if (sizeOf(tensor.shape) !== sizeOf(shape)) {
      throw new Error(
        `reshape: ${formatShape(tensor.shape)} has ${sizeOf(tensor.shape)} elements, ${formatShape(shape)} has ${sizeOf(shape)}`,
      );
    }
    return new Tensor(this, tensor.name, shape, tensor.dtype, { base: tensor });
  }

  /**
   * Tensors of float32 numbers as one, for an op that does the same to each number: they lie one after another, see inARow(), and nothing is copied. Variables
   * must be allocated together; others may be part of one pack only, and no kernel may read one part and write another.
   */
  pack(name: string, parts: readonly Tensor[]): Tensor {
    const [only, ...others] = parts.map(({ root }) => root);
    return others.length === 0 ? only! : new Tensor(this, name, [inARow(parts).size], 'float32', { parts: [only!, ...others] });
  }

  /** Records an op and returns its outputs. A fusion passes `outputs` that other nodes already read, for the fused node to compute. */
  add<I extends string, O extends string, U extends string, A extends Attrs>(
    op: Op<I, O, U, A>,
    inputs: Readonly<Record<I, Tensor>>,
    attrs: A,
    updates: Readonly<Record<U, Tensor>> = {} as Record<U, Tensor>,
  ): Readonly<Record<O, Tensor>> {
    const node = this.make(op, inputs, attrs, updates);
    for (const output of Object.values(node.outputs)) output.producer = node;
    this.nodes.push(node);
    return node.outputs as Record<O, Tensor>;
  }

  /** The node that `add` would record. `existing` names outputs that are tensors already: a fusion computes those in another way. */
  make<I extends string, O extends string, U extends string, A extends Attrs>(
    op: Op<I, O, U, A>,
    inputs: Readonly<Record<I, Tensor>>,
    attrs: A,
    updates: Readonly<Record<U, Tensor>> = {} as Record<U, Tensor>,
    existing: Partial<Record<O, Tensor>> = {},
    scope = this.#scope,
  ): Node {
    const shapes = op.shapes(attrs, inputs);
    const outputs = {} as Record<O, Tensor>;
    for (const name of op.outputs) {
      const { shape, dtype = 'float32' } = shapes[name];
      const given = existing[name];
      if (given && !sameShape(given.shape, shape)) {
        throw new Error(`${op.name}: ${name} is ${formatShape(shape)}, but the tensor to compute is ${formatShape(given.shape)}`);
      }
      outputs[name] = given ?? new Tensor(this, `${scope}.${op.name}.${name}`, shape, dtype);
    }
    const { gradient, inputShapes, positive = [], means = [] } = op;
    const alone = (of: A, specs: Readonly<Record<I, TensorSpec>>): Node => {
      const graph = new Graph();
      const own = <K extends string>(from: Readonly<Record<K, TensorSpec>>, make: (name: K) => Tensor) =>
        Object.fromEntries((Object.keys(from) as K[]).map(name => [name, make(name)])) as Record<K, Tensor>;
      const ownInputs = own(specs, name => graph.input(name, specs[name].shape, specs[name].dtype));
      return graph.make(
        op,
        ownInputs,
        of,
        own(updates, name => graph.variable({ name: updates[name].name, shape: updates[name].shape, dtype: updates[name].dtype })),
        {},
        scope,
      );
    };
    return {
      op: op.name,
      scope,
      inputs,
      outputs,
      updates,
      attrs,
      cost: op.cost(attrs),
      replaces: [],
      positive,
      means,
      isolated: () => alone(attrs, inputs),
      ...(inputShapes && {
        withBatch: batch => {
          const of = 'batch' in attrs ? { ...attrs, batch } : attrs;
          return alone(of, inputShapes(of));
        },
      }),
      ...(gradient && {
        gradient: (dOutputs, needs) =>
          gradient({ inputs, outputs, attrs, dOutputs: dOutputs as Partial<Record<O, Tensor>>, needs: name => needs(name) }) as Tensors,
      }),
    };
  }
}
