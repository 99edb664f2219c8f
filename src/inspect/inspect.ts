import type { Executable } from '../engine/executor.js';
import { makePlan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import type { NumberArray, Tensor, Variable } from '../engine/tensor.js';
import { ArraySource } from '../nn/arrays.js';
import type { Model } from '../nn/base_model.js';
import type { Compiled } from '../nn/compiled.js';
import { checkLabels } from '../nn/labels.js';
import { writeBatch } from '../nn/plans.js';
import { withRecovery } from '../nn/recovery.js';
import type { Batch, Source } from '../nn/source.js';
import { namedVariables, type Scratch, type Trace, traceModel } from '../nn/trace.js';
import { inspectedLayers } from './inspected_layers.js';
import type { InspectedTensor, Inspection } from './types.js';

export interface InspectOptions {
  /** Whether dropout drops, with the mask of the next training step. Default true. */
  readonly training?: boolean;
  /**
   * Which tensors are read, by name; default all. What none of them needs is not computed either: the picture's own gradient, and without an '/updated' the
   * step, cost a large model seconds on a software adapter, and its tensors take hundreds of megabytes.
   */
  readonly want?: (name: string) => boolean;
}

const INSPECTING = 'while a picture was inspected';

/** A step of a model that changes copies of its variables, and none of its own. */
interface Step {
  readonly trace: Trace;
  /** The model's weights and moments by name: 'layer0/kernel', 'layer0/kernel/m'. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** Of those that the step changes. */
  readonly copies: ReadonlyMap<Variable, Variable>;
  readonly scratch: Scratch;
}

/** The weight that a variable belongs to: of 'layer0/kernel/m', 'layer0/kernel'. A step changes it and its slots together. */
const weightOf = (name: string): string => name.split('/', 2).join('/');

function traceStep(model: Model, source: Source<Batch>, { training, want }: Required<InspectOptions>): Step {
  const { compiled } = model;
  const { history, faults } = compiled.plans;
  const variables = namedVariables(model, compiled);
  const changed = new Set([...variables.keys()].filter(name => want(`${name}/updated`)).map(weightOf));
  const copies = new Map([...variables].flatMap(([name, of]) => (changed.has(weightOf(name)) ? [[of, { ...of, name }] as const] : [])));
  const scratch = { history: { ...history }, faults: { ...faults } };
  const trace = traceModel(model, compiled, scratch, 'train', source, { training, standIn: of => copies.get(of) ?? of });
  return { trace, variables, copies, scratch };
}

function prepare({ executor }: Compiled, { trace, variables, copies }: Step, want: (name: string) => boolean): Promise<Executable> {
  const wanted = [...trace.tensors].filter(([name]) => want(name)).map(([, tensor]) => tensor);
  const changed = new Set([...variables].filter(([name]) => want(`${name}/updated`)).map(([, of]) => copies.get(of)!));
  // Pictures, labels and weights are written before every run, so they are always there.
  const written = ['input', 'labels', 'sample_weights'].flatMap(name => trace.tensors.get(name) ?? []);
  const outputs = [...written, ...wanted];
  return executor.prepare(makePlan(trace.graph, { outputs, changes: variable => changed.has(variable) }));
}

const ownVariables = ({ copies, scratch }: Step): Variable[] => [...copies.values(), scratch.history, scratch.faults];

/** A model's inspection plan for one kind of batch, made once and used for many. */
export class Inspector {
  readonly #model: Model;
  readonly #compiled: Compiled;
  readonly #options: Required<InspectOptions>;
  readonly #step: Step;
  #executable: Executable;

  private constructor(model: Model, options: Required<InspectOptions>, step: Step, executable: Executable) {
    this.#model = model;
    this.#compiled = model.compiled;
    this.#options = options;
    this.#step = step;
    this.#executable = executable;
  }

  /**
   * Prepares the plan. It is unfused: every tensor that has a name exists after a run. The step changes copies of the weights and moments whose '/updated' is
   * wanted, which live on the model's executor until release(). Throws where the source's rows or labels don't fit the model.
   */
  static async prepare(model: Model, source: Source<Batch>, options: InspectOptions = {}): Promise<Inspector> {
    const { training = true, want = () => true } = options;
    const { compiled } = model;
    if (source.shape.join() !== model.inputShape.join()) {
      throw new Error(`inspect: pictures have shape [${source.shape.join(', ')}], the model takes [${model.inputShape.join(', ')}]`);
    }
    checkLabels('inspect', model, compiled.loss, source);
    const step = traceStep(model, source, { training, want });
    for (const variable of ownVariables(step)) compiled.executor.allocate(variable);
    try {
      const executable = await withRecovery(model, INSPECTING, () => prepare(compiled, step, want));
      return new Inspector(model, { training, want }, step, executable);
    } catch (error) {
      for (const variable of ownVariables(step)) compiled.executor.free(variable);
      throw error;
    }
  }

  /**
   * Computes one forward pass, one backward pass and one step of the optimizer on a batch, and reads the buffers. The model stays as it is: same weights,
   * same moments, same step. Nothing else may train it meanwhile. `narrower` reads fewer of the tensors than were wanted.
   */
  inspect(batch: Batch, narrower: (name: string) => boolean = () => true): Promise<Inspection> {
    return withRecovery(this.#model, INSPECTING, async () => {
      if (this.#executable.isLost) {
        this.#executable.release();
        this.#executable = await prepare(this.#compiled, this.#step, this.#options.want);
      }
      return this.#inspect(batch, narrower);
    });
  }

  async #inspect(batch: Batch, narrower: (name: string) => boolean): Promise<Inspection> {
    const { training } = this.#options;
    const want = (name: string): boolean => this.#options.want(name) && narrower(name);
    const { trace, variables, copies, scratch } = this.#step;
    const { executor, optimizer, loss } = this.#compiled;
    const read: Record<string, InspectedTensor> = {};
    const keep = (name: string, { shape }: Pick<Tensor, 'shape'>, data: NumberArray): void => {
      read[name] = { name, shape, data: data as Float32Array | Uint32Array };
    };
    for (const [name, of] of variables) {
      const copy = copies.get(of);
      if (!copy && !want(name)) continue;
      const before = await executor.read(of);
      if (copy) executor.write(copy, before);
      if (want(name)) keep(name, of, before);
    }
    executor.write(scratch.faults, new Uint32Array(sizeOf(scratch.faults.shape)));
    writeBatch(this.#executable, trace, batch, trace.part.size);
    const step = this.#model.step + 1;
    this.#executable.run({ rows: batch.rows, slot: 0, ...this.#model.nextScalars });
    const arrays = new Map<Tensor, NumberArray>();
    for (const [name, tensor] of trace.tensors) {
      if (!want(name)) continue;
      const data = arrays.get(tensor.root) ?? (await this.#executable.read(tensor.root));
      arrays.set(tensor.root, data);
      keep(name, tensor, data);
    }
    for (const [name, of] of variables) if (want(`${name}/updated`)) keep(`${name}/updated`, of, await executor.read(copies.get(of)!));
    return {
      layers: inspectedLayers(this.#model, trace, trace.part.size),
      rows: batch.rows,
      inputShape: this.#model.inputShape,
      loss,
      optimizer: { name: optimizer.name, learningRate: optimizer.rateAt(step), config: optimizer.config, step },
      training,
      tensors: read,
    };
  }

  release(): void {
    this.#executable.release();
    for (const variable of ownVariables(this.#step)) this.#compiled.executor.free(variable);
  }
}

/**
 * Looks at a compiled model on some pictures: `pictures` [rows, height, width, channels] as the model takes them (scaled), `labels` [rows, units].
 * See Inspector for what is computed.
 */
export async function inspect(
  model: Model,
  pictures: Float32Array,
  labels: Float32Array,
  options: InspectOptions = {},
): Promise<Inspection> {
  const source = new ArraySource(pictures, model.inputShape, labels, { batchSize: Number.MAX_SAFE_INTEGER, shuffle: false });
  const inspector = await Inspector.prepare(model, source, options);
  try {
    return await inspector.inspect(source.batch(0));
  } finally {
    inspector.release();
  }
}
