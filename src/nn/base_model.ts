import { DeviceGoneError, type Executor, type Scalars } from '../engine/executor.js';
import { PythonRandom, streams } from '../engine/random.js';
import { formatShape, type Shape, sizeOf } from '../engine/shape.js';
import type { Variable } from '../engine/tensor.js';
import { type ArrayOptions, ArraySource } from './arrays.js';
import type { Compiled } from './compiled.js';
import { defaultExecutor } from './device.js';
import { type EvaluateOptions, evaluate, predict, type Scores } from './evaluate.js';
import { checkFinite, firstNonFinite } from './finite.js';
import type { FitState } from './fit_state.js';
import { shown } from './json.js';
import { allocations, type LayerStack, type Parameter, type PlacedLayer, type Setup, type Weight } from './layer_stack.js';
import { inputLayerRecord } from './layers/input_layer.js';
import type { Layer } from './layers/layer.js';
import { type Loss, resolveLoss } from './losses.js';
import { checkMetrics, type Metric } from './metrics.js';
import { adam, OPTIMIZERS, type Optimizer } from './optimizers.js';
import { Plans } from './plans.js';
import { Recovery, withRecovery } from './recovery.js';
import type { Batch, Source } from './source.js';
import { summaryOf } from './summary.js';

export interface CompileOptions {
  /** Default adam(). */
  readonly optimizer?: Optimizer;
  readonly loss: Loss;
  /** Names, or names with options: see MetricOptions. */
  readonly metrics?: readonly (Metric | string)[];
  /** What computes; default the machine's GPU. A model that shares it with others must not close it. */
  readonly executor?: Executor;
}

/** Rows of a source, or arrays: what fit, evaluate and predict take. */
export type Data = Source<Batch> | ({ readonly x: Float32Array; readonly y?: Float32Array } & ArrayOptions);

/** A model that can be compiled, evaluated and asked: all of Sequential but fit(), which trains such a model. Callbacks are given one. */
export class Model implements LayerStack {
  readonly name: string;
  readonly seed: number;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Steps that the optimizer has made. */
  step = 0;
  /** Rows of the batches that it made them with, since compile(). */
  rowsTrained = 0;
  /** Set by a callback to end fit() after this epoch. */
  stopTraining = false;
  /** Where an unfinished or finished fit() stands, for checkpoints. */
  training: FitState | undefined;
  #layers: readonly PlacedLayer[];
  /** The weights before compile(), by name; drawn when they are asked for, as a checkpoint's replace them. */
  readonly #initial = new Map<string, () => Float32Array>();
  /** Weights that are known not to be finite: see setWeights(). */
  readonly #notFinite = new Set<string>();
  #compiled: Compiled | undefined;
  #ownsExecutor = false;

  constructor(given: readonly Layer[], { name = 'sequential', seed }: { readonly name?: string; readonly seed?: number } = {}) {
    const [first] = given;
    const layers = first?.record === inputLayerRecord ? given.slice(1) : given;
    if (!first?.inputShape) throw new Error('sequential: the first layer needs inputShape, for instance [150, 150, 3]');
    if (layers.length === 0) throw new Error('sequential: there is no layer after the InputLayer');
    this.name = name;
    this.seed = seed ?? streams.seed;
    this.inputShape = first.inputShape;
    this.#layers = place(layers, first.inputShape);
    this.outputShape = this.layers.at(-1)!.outputShape;
    const seeds = seed === undefined ? streams.seeds : new PythonRandom(seed);
    for (const { layer, inputShape, parameters } of this.layers) {
      layer.weights(inputShape).forEach(({ shape, init }, i) => {
        this.#initial.set(parameters[i]!.name, init(shape, seeds));
      });
    }
  }

  get layers(): readonly PlacedLayer[] {
    return this.#layers;
  }

  /** All weights' names and shapes, in the order of the layers, kernel before bias. */
  get weightSpecs(): readonly Weight[] {
    return this.layers.flatMap(layer => layer.parameters);
  }

  /** What compile() set up; throws before it. */
  get compiled(): Compiled {
    if (!this.#compiled) throw new Error(`${this.name}: call compile() first`);
    return this.#compiled;
  }

  /** What a plan of the next training step is run with, but for its batch's rows. */
  get nextScalars(): Scalars {
    return { rowsBefore: this.rowsTrained, ...this.compiled.optimizer.scalars(this.step + 1) };
  }

  /** Counts a training step that was run. */
  countStep(rows: number): void {
    this.step += 1;
    this.rowsTrained += rows;
  }

  /** What compile() makes of a loss and metrics; throws where the model can't be trained by them. */
  checkCompile(loss: Loss, metrics: readonly (Metric | string)[]): Pick<Compiled, 'loss' | 'metrics'> {
    const resolved = resolveLoss(loss, this.layers.at(-1)!.layer.activation);
    const checked = checkMetrics(metrics, resolved, this.outputShape[0]!);
    if (this.outputShape.length === 1) return { loss: resolved, metrics: checked };
    throw new Error(
      `compile: the last layer gives ${formatShape(this.outputShape)}, wanted [units]: end the model with flatten() and dense()`,
    );
  }

  /** Opens the GPU (or takes `executor`), puts the weights there and sets how the model is trained. A second call starts the optimizer anew. */
  async compile({ optimizer = adam(), loss, metrics = [], executor: given }: CompileOptions): Promise<void> {
    const checked = this.checkCompile(loss, metrics);
    await this.close();
    const executor = given ?? (await defaultExecutor());
    const parameters = this.weightSpecs.map((variable): Parameter => ({ variable, slots: slotsOf(variable, optimizer) }));
    const variables = allocations(parameters);
    const together: (readonly Variable[])[] = [];
    const setup: Setup = { executor, optimizer, ...checked, parameters, together };
    const plans = new Plans(this, setup);
    try {
      for (const each of [...variables, ...plans.scratch.map(variable => [variable])]) together.push(...executor.allocate(...each));
      // Drawn only now that the device has room for all of them, and one after another.
      for (const { variable } of parameters) {
        const values = this.#initial.get(variable.name)!();
        if (!this.#notFinite.has(variable.name)) checkFinite('compile', variable.name, values);
        executor.write(variable, values);
      }
    } catch (error) {
      for (const variable of together.flat()) executor.free(variable);
      if (!given) await executor.close();
      throw error;
    }
    this.#ownsExecutor = !given;
    const recovery = new Recovery(this, executor, variables.flat(), plans.scratch);
    this.#compiled = { ...setup, plans, recovery };
    this.step = 0;
    this.rowsTrained = 0;
    this.training = undefined;
    this.#initial.clear();
  }

  /** Loss and metrics over all rows of the data, with dropout off. */
  async evaluate(data: Data, options: EvaluateOptions = {}): Promise<Scores> {
    return evaluate(this, this.source(data), options);
  }

  /** The model's output for all rows of the data: [samples, units], row after row. Arrays keep their order. */
  async predict(data: Data | Float32Array): Promise<Float32Array> {
    const given = data instanceof Float32Array ? { x: data } : data;
    return predict(this, hasArrays(given) ? new ArraySource(given.x, this.inputShape, undefined, { ...given, shuffle: false }) : given);
  }

  /** All weights by name. */
  async getWeights(): Promise<Record<string, Float32Array>> {
    if (!this.#compiled) return Object.fromEntries([...this.#initial].map(([name, draw]) => [name, draw()]));
    const { executor, parameters } = this.#compiled;
    return withRecovery(this, 'while weights were read', async () => {
      const weights: Record<string, Float32Array> = {};
      for (const { variable } of parameters) weights[variable.name] = Float32Array.from(await executor.read(variable));
      return weights;
    });
  }

  /** Says whether layers are trained, by their names; default all. Before compile(), or after close(), which keeps the weights. */
  setTrainable(trainable: boolean, names: readonly string[] = this.layers.map(({ name }) => name)): void {
    if (this.#compiled)
      throw new Error('setTrainable: the model is compiled; call close() before, which keeps its weights, and compile() after');
    const unknown = names.find(name => !this.layers.some(layer => layer.name === name));
    if (unknown !== undefined) {
      throw new Error(`setTrainable: there is no layer ${shown(unknown)}; there are ${this.layers.map(({ name }) => name).join(', ')}`);
    }
    this.#layers = this.layers.map(placed => {
      if (!names.includes(placed.name)) return placed;
      const layer = placed.layer.withTrainable(trainable);
      return { ...placed, layer, parameters: weightsOf(placed.name, layer, placed.inputShape) };
    });
  }

  /** Sets all weights; names and sizes must be exactly the model's, and every number finite, unless they are a file's that is taken as it is. */
  setWeights(weights: Readonly<Record<string, ArrayLike<number>>>, { allowNotFinite = false } = {}): void {
    const specs = this.weightSpecs;
    const missing = specs.filter(({ name }) => !Object.hasOwn(weights, name)).map(({ name }) => name);
    const unknown = Object.keys(weights).filter(name => !specs.some(spec => spec.name === name));
    if (missing.length + unknown.length > 0) {
      throw new Error(
        `setWeights: the model has ${specs.map(({ name }) => name).join(', ')}; missing: ${missing.join(', ') || 'none'}; unknown: ${unknown.join(', ') || 'none'}`,
      );
    }
    for (const spec of specs) {
      const values = Float32Array.from(weights[spec.name]!);
      if (values.length !== sizeOf(spec.shape)) {
        throw new Error(`setWeights: '${spec.name}' has shape ${formatShape(spec.shape)}, ${values.length} numbers were given`);
      }
      if (!allowNotFinite) checkFinite('setWeights', spec.name, values);
      else if (firstNonFinite(values) >= 0) this.#notFinite.add(spec.name);
      if (this.#compiled) this.#compiled.executor.write(spec, values);
      else this.#initial.set(spec.name, () => values);
    }
    this.#compiled?.recovery.training?.touch();
  }

  /** The table that Keras prints. */
  summary(): string {
    return summaryOf(this);
  }

  /** Gives back the GPU if compile() opened it. The model can be compiled again, with the weights that it has. */
  async close(): Promise<void> {
    if (!this.#compiled) return;
    const { executor, plans, parameters } = this.#compiled;
    const weights = await this.getWeights().catch(error => {
      if (!(error instanceof DeviceGoneError)) throw error;
      // It stands where it was last kept.
      return this.getWeights();
    });
    for (const [name, values] of Object.entries(weights)) this.#initial.set(name, () => values);
    await plans.release();
    for (const { variable, slots } of parameters) for (const each of [variable, ...Object.values(slots)]) executor.free(each);
    for (const variable of plans.scratch) executor.free(variable);
    this.#compiled = undefined;
    if (this.#ownsExecutor) await executor.close();
  }

  /** Data as a source of batches. */
  protected source(data: Data): Source<Batch> {
    return hasArrays(data) ? new ArraySource(data.x, this.inputShape, data.y, data) : data;
  }
}

/** Tells arrays from sources; throws, for those who call from JavaScript, where it is neither. */
function hasArrays(data: Data): data is Exclude<Data, Source<Batch>> {
  const given: unknown = data;
  if (typeof given === 'object' && given !== null && ('x' in given || 'trace' in given)) return 'x' in given;
  throw new Error(`the data is ${shown(given)}, wanted { x, y } with Float32Arrays, or what flow() and flowFromDirectory() give`);
}

/** The variables that an optimizer keeps for a weight, by slot; none for a weight that is not trained. */
export function slotsOf({ name, shape, trainable }: Weight, optimizer: Pick<Optimizer, 'name'>): Readonly<Record<string, Variable>> {
  const slots = trainable ? Object.keys(OPTIMIZERS[optimizer.name].slots) : [];
  return Object.fromEntries(slots.map(slot => [slot, { name: `${name}.${slot}`, shape, dtype: 'float32' }]));
}

/** The weights of a layer by the names that they have in a model. */
function weightsOf(name: string, layer: Layer, inputShape: Shape): Weight[] {
  return layer.weights(inputShape).map(({ name: part, shape, trainable = true }) => ({
    name: `${name}.${part}`,
    shape,
    dtype: 'float32',
    part,
    trainable: trainable && layer.trainable,
    regularizer: layer.regularizerOf(part),
  }));
}

/** Keras' way to name: the class in snake case, numbered from the second on. */
function place(layers: readonly Layer[], inputShape: Shape): PlacedLayer[] {
  const counts = new Map<string, number>();
  const names = new Set<string>();
  let masks = 0;
  let shape = inputShape;
  return layers.map(layer => {
    const base = layer.record.kind;
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const name = layer.name ?? (count === 0 ? base : `${base}_${count}`);
    if (names.has(name)) throw new Error(`sequential: two layers are named '${name}'`);
    names.add(name);
    const input = shape;
    const located = <T>(work: () => T): T => {
      try {
        return work();
      } catch (error) {
        throw new Error(`layer '${name}': ${(error as Error).message}`);
      }
    };
    const parameters = located(() => weightsOf(name, layer, input));
    shape = located(() => layer.outputShape(input));
    const stream = masks;
    if (layer.drawsMask) masks += 1;
    return { name, layer, inputShape: input, outputShape: shape, parameters, stream };
  });
}
