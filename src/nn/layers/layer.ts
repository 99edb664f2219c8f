import type { DilatedWindow2d, Padding, Shape } from '../../engine/shape.js';
import type { Tensor } from '../../engine/tensor.js';
import type { ActivationRecord } from '../activations/record.js';
import { ACTIVATION_NAMES, ACTIVATIONS, type Activation } from '../activations.js';
import { type Initializer, initializerOf } from '../initializers.js';
import { choice, type FieldsRead, pair, whole } from '../json.js';
import type { Regularizer } from '../regularizers.js';
import type { LayerNumbers, Place, Terms } from '../terms.js';
import { initializerConfigOf, regularizerOf, splitWeightOptions } from './weight_options.js';

/** A weight of a layer, by the name that it has in the layer: 'kernel'. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Initializer;
  /** False where no gradient changes it: the layer itself may, in training, by the `state` of its call. Default true. */
  readonly trainable?: boolean;
}

/** What a layer is told when it is traced. */
export interface CallContext {
  /** By name. */
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly training: boolean;
  /** Whether the layer is trained: where not, its weights and states stay as they are, and batch normalization takes its running numbers. */
  readonly trainable: boolean;
  /** The batch's row that the input begins at. */
  readonly firstRow: number;
  /** What dropout masks are drawn from: the model's seed, and how many layers that draw them come before this one. */
  readonly seed: number;
  readonly stream: number;
}

/** What a layer gives. */
export interface CallResult {
  readonly output: Tensor;
  /** What weights that are not trained become when the step is done, by name; of the whole batch, so that the batch is then not computed in parts. In training alone. */
  readonly state?: Readonly<Record<string, Tensor>> | undefined;
  /** What lies between its ops, for people to look at, by the names that its record's terms have for it. */
  readonly parts?: Readonly<Record<string, Tensor>> | undefined;
}

/** What a layer gives with its activation applied. */
export interface ActivatedResult extends CallResult {
  /** What the activation was computed from, where the layer has one: the logits of a softmax or sigmoid. */
  readonly preActivation?: Tensor | undefined;
}

/** What a layer is made with: JSON. */
export interface LayerConfig {
  readonly activation?: Activation;
}

/** A layer of an inspection, for its record to explain. */
export interface InspectedNumbers<C extends LayerConfig = LayerConfig> extends LayerNumbers {
  readonly config: C;
  readonly window: DilatedWindow2d | undefined;
}

/** Explains a number of a layer. Taken from a method, so that a record of any config is a LayerRecord. */
type Explain<C extends LayerConfig> = { explain(layer: InspectedNumbers<C>, place: Place): Terms }['explain'];

/** How the numbers of a kind of layer come about, but for its activation. */
export interface LayerTerms<C extends LayerConfig = LayerConfig> {
  /** A number of its output, or of what its activation is computed from. */
  output(layer: InspectedNumbers<C>, place: Place): Terms;
  /** The loss' gradient of a number that it takes. */
  inputGradient(layer: InspectedNumbers<C>, place: Place): Terms;
  /** The loss' gradient of a number of a weight, by the weight's name. */
  readonly weightGradients?: Readonly<Record<string, Explain<C>>>;
  /** What a weight that is not trained became in the step, by the weight's name. */
  readonly state?: Readonly<Record<string, Explain<C>>>;
  /** Numbers of other tensors of its own. */
  readonly parts?: Readonly<Record<string, Explain<C>>>;
  /** The loss' gradient of a number of such a tensor, where it has one. */
  readonly partGradients?: Readonly<Record<string, Explain<C>>>;
}

/** A kind of layer: everything that the rest of the project knows of it. `C`: what one is made with. Shapes are without the batch axis. */
export interface LayerRecord<C extends LayerConfig = LayerConfig> {
  /** What its layers are named by: 'max_pooling2d'. */
  readonly kind: string;
  /** Keras' name of the class: 'MaxPooling2D'. */
  readonly className: string;
  /** Reads a config from a file. Fields have Keras' names in camelCase, and Keras' defaults where they are missing. */
  readonly config: FieldsRead<C>;
  readonly keras?: {
    /**
     * Fields of Keras' config, by its names, that change numbers and of which one value alone is supported: a file with another is refused. One that is
     * missing or null means that value.
     */
    readonly fixed?: Readonly<Record<string, unknown>>;
    /** Of fields of the config, how Keras 2 calls them where Keras 3 calls them as we do. */
    readonly oldNames?: Readonly<Record<string, string>>;
  };
  weights?(config: C, input: Shape): readonly WeightSpec[];
  outputShape(config: C, input: Shape): Shape;
  /** How a window slides over its input [batch, height, width, channels], where one does. */
  window?(config: C, input: Shape): DilatedWindow2d;
  /** The function that comes on top of what it computes, where its config does not name one: that of a layer which is nothing but a function. */
  activation?(config: C): ActivationRecord;
  /** Records what it computes, without its activation. */
  call(config: C, input: Tensor, context: CallContext): CallResult;
  /** Whether its training draws a mask. */
  drawsMask?(config: C): boolean;
  /** Whether each number of its output is made of the number at the same place of its input. */
  readonly keepsPlaces?: true;
  /** What one was made with, in a few words. */
  describe(config: C): string;
  readonly terms: LayerTerms<C>;
}

export interface LayerOptions {
  /** [height, width, channels] or [features] of a model's first layer. */
  readonly inputShape?: Shape;
  readonly name?: string;
  /** Whether training changes its weights and states. Default true. */
  readonly trainable?: boolean;
}

/** The function that comes on top of what a layer computes; none where it would change nothing. */
export function activationOf(record: LayerRecord, config: LayerConfig): ActivationRecord | undefined {
  const { activation: name = 'linear' } = config;
  return record.activation?.(config) ?? (name === 'linear' ? undefined : ACTIVATIONS[name]);
}

/** What inspections name tensors of a layer that are no weights. */
const OTHER_TENSORS: readonly string[] = ['output', 'pre_activation', 'argmax', 'mask'];

/** A layer as a model uses it. Shapes are without the batch axis. */
export class Layer {
  readonly record: LayerRecord;
  /** Everything that makes it again: what its function was called with. */
  readonly config: LayerConfig & Readonly<Record<string, unknown>>;
  /** Given by the user, or the class name with a number: see sequential(). */
  readonly name: string | undefined;
  readonly inputShape: Shape | undefined;
  readonly trainable: boolean;

  private constructor(record: LayerRecord, config: LayerConfig, { inputShape, name, trainable = true }: LayerOptions) {
    this.record = record;
    this.config = config as Layer['config'];
    this.name = name;
    this.inputShape = inputShape;
    this.trainable = trainable;
  }

  /** `options` may say more of its weights: see WeightOptions. */
  static of<C extends LayerConfig>(record: LayerRecord<C>, config: C, options: LayerOptions): Layer {
    return new Layer(record as LayerRecord, { ...config, ...splitWeightOptions(options, record.kind).own }, options);
  }

  /** The same layer, trained or not. */
  withTrainable(trainable: boolean): Layer {
    const { record, config, name, inputShape } = this;
    return new Layer(record, config, { trainable, ...(name !== undefined && { name }), ...(inputShape && { inputShape }) });
  }

  /** Keras' name of its class. */
  get className(): string {
    return this.record.className;
  }

  get activation(): ActivationRecord | undefined {
    return activationOf(this.record, this.config);
  }

  get drawsMask(): boolean {
    return this.record.drawsMask?.(this.config) ?? false;
  }

  /** What a weight of it adds to the loss, if anything. */
  regularizerOf(weight: string): Regularizer | undefined {
    return regularizerOf(this.config, weight);
  }

  /** Throws where a weight has a name that it can't have. */
  weights(input: Shape): readonly WeightSpec[] {
    const specs = this.record.weights?.(this.config, input) ?? [];
    const names = specs.map(({ name }) => name);
    const others = [...OTHER_TENSORS, ...Object.keys(this.record.terms.parts ?? {})];
    const bad = names.find((name, i) => !/^[a-z]\w*$/i.test(name) || others.includes(name) || names.indexOf(name) < i);
    if (bad === undefined) {
      return specs.map(spec => {
        const given = initializerConfigOf(this.config, spec.name);
        return given ? { ...spec, init: initializerOf(given) } : spec;
      });
    }
    throw new Error(
      `${this.record.kind}: a weight is named '${bad}'; wanted letters, digits and _, no name twice, and none of ${others.join(', ')}`,
    );
  }

  outputShape(input: Shape): Shape {
    return this.record.outputShape(this.config, input);
  }

  /** Records what it computes. */
  call(input: Tensor, context: CallContext): ActivatedResult {
    const result = this.record.call(this.config, input, context);
    const { activation } = this;
    return activation ? { ...result, output: activation.apply(result.output), preActivation: result.output } : result;
  }
}

/** What Keras' config of a layer that takes pictures must say: see LayerRecord. */
export const CHANNELS_LAST = { fixed: { data_format: 'channels_last' } } as const;

export type Size2d = number | readonly [number, number];

export const asPair = (size: Size2d): [number, number] => (typeof size === 'number' ? [size, size] : [...size]);

/** Readers of what configs have in common. */
export const readSize = whole(1, 2 ** 31 - 1);
export const readPair = pair(readSize);
export const PADDINGS = ['valid', 'same'] as const satisfies readonly Padding[];
export const readPadding = choice(...PADDINGS);
export const readActivation = choice(...ACTIVATION_NAMES);

export function checkPositive(layer: string, what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new Error(`${layer}: ${what} is ${value}, wanted a positive integer`);
}

export function checkChoice<T extends string>(layer: string, what: string, value: T, choices: readonly T[]): void {
  if (choices.includes(value)) return;
  const wanted = choices.length > 2 ? `one of ${choices.join(', ')}` : choices.map(each => `'${each}'`).join(' or ');
  throw new Error(`${layer}: ${what} '${value}' is not supported; wanted ${wanted}`);
}
