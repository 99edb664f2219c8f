import type { CompileConfig } from '../../nn/config.js';
import type { LayerStack, PlacedLayer } from '../../nn/layer_stack.js';
import { optimizerToKeras } from './compile.js';
import { layerToKeras } from './layer.js';
import { momentsOf } from './moments.js';
import { pythonCall, pythonOf } from './python.js';
import { sameJson } from './values.js';

/** What a program that goes on in Keras is told besides the model: JSON. */
export interface ProgramSettings {
  /** In the order of the outputs; undefined where nobody knows them: the folders' order then is. */
  readonly classes: readonly string[] | undefined;
  readonly classCount: number;
  readonly rescale: number;
  readonly colorMode: string;
  /** Of Keras' ImageDataGenerator, by its names. */
  readonly augmentation: Readonly<Record<string, unknown>>;
  readonly batchSize: number;
  readonly seed: number;
}

/** The part of the template that is made for a model. */
const MARKED = /(?<=\n)# <<< the model\n.*?\n# the model >>>\n/s;

/**
 * A Python program that goes on training a model in Keras: `template` (programs/train_keras.py) with the model's own part put in. Whatever texts the model
 * holds are put in as Python's literals. Throws where Keras has no words for something.
 */
export function kerasProgram(template: string, model: LayerStack, compile: CompileConfig, step: number, settings: ProgramSettings): string {
  const { loss } = compile;
  const kept = momentsOf(model, compile.optimizer, 'keras3');
  const slots = new Map<string, string[]>();
  for (const { name, kerasSlot } of kept) {
    const plural = kerasSlot.replace(/y$/, 'ie').concat('s');
    slots.set(plural, [...(slots.get(plural) ?? []), name]);
  }
  const [height, width] = model.inputShape;
  const config = {
    classes: settings.classes,
    class_count: settings.classCount,
    class_mode: model.outputShape[0] === 1 ? 'binary' : loss.name === 'sparseCategoricalCrossentropy' ? 'sparse' : 'categorical',
    image_size: [height, width],
    input_shape: model.inputShape,
    color_mode: settings.colorMode,
    rescale: settings.rescale,
    augmentation: settings.augmentation,
    batch_size: settings.batchSize,
    seed: settings.seed,
    step,
    weights: model.layers.map(({ parameters }) => parameters.map(({ name }) => name)),
    slots: Object.fromEntries(slots),
  };
  const entries = Object.entries(config).map(([name, value]) => `    ${pythonOf(name)}: ${pythonOf(value)},`);
  const own = [
    '# The model, from its file.',
    'CONFIG = {',
    ...entries,
    '}',
    '',
    '',
    'def network(keras, is_keras_3):',
    '    """The layers, without what the loss is computed before."""',
    '    layers = keras.layers',
    '    return [',
    ...layersOf(model, loss).map(each => `        ${each},`),
    '    ]',
    '',
    '',
    'def loss_and_metrics(keras):',
    '    """What is minimized, and what is shown."""',
    `    loss = ${lossOf(loss)}`,
    `    return loss, [${metricsOf(model, compile).join(', ')}]`,
    '',
    '',
    'def new_optimizer(keras):',
    '    """Without what it keeps of the steps before: see restore()."""',
    `    return ${optimizerOf(compile.optimizer)}`,
    '',
  ];
  // Not a text for replace(), where '$&' would mean something.
  return template.replace(MARKED, () => own.join('\n'));
}

const isFromLogits = ({ from }: CompileConfig['loss']): boolean => from === 'logits';

/** Whether the program's network leaves out the activation that the model ends in, to give the logits. */
const givesLogits = ({ from, fromLogits }: CompileConfig['loss']): boolean => from === 'logits' && !fromLogits;

/** Names that every release of Keras takes for layers, which TensorFlow makes scopes of. */
function plainNames(layers: readonly PlacedLayer[]): string[] {
  const names: string[] = [];
  for (const { name, layer } of layers) {
    const plain = /^[A-Za-z0-9][\w.-]*$/.test(name) ? name : name.replace(/[^A-Za-z0-9.-]+/g, '_').replace(/^[^A-Za-z0-9]+/, '');
    let free = plain || layer.record.kind;
    while (names.includes(free)) free += '_1';
    names.push(free);
  }
  return names;
}

function layersOf({ layers }: LayerStack, loss: CompileConfig['loss']): string[] {
  const names = plainNames(layers);
  const made = layers.map((placed, i) => {
    const { className, activation } = placed.layer;
    const isLast = i === layers.length - 1;
    const isOpen = isLast && givesLogits(loss) && activation !== undefined;
    // A layer that is an activation and nothing else: Softmax too.
    if (isOpen && placed.parameters.length === 0) return pythonCall('layers.Activation', { activation: 'linear', name: names[i] });
    const call = (version: 2 | 3): string => {
      const { name: _, dtype: __, ...own } = layerToKeras(placed, version) as Record<string, unknown>;
      const trainable = own.trainable === false ? false : undefined;
      return pythonCall(`layers.${className}`, { ...own, ...(isOpen && { activation: 'linear' }), trainable, name: names[i] });
    };
    return sameJson(call(2), call(3)) ? call(3) : `${call(3)} if is_keras_3 else ${call(2)}`;
  });
  const hasLogits = layers.at(-1)!.layer.activation?.hasLogits ?? false;
  // Of a softmax or sigmoid at the end, TensorFlow's losses remember the logits, and take those.
  return hasLogits && loss.from === 'probs' ? [...made, 'layers.Rescaling(1.0)'] : made;
}

/** 'binaryCrossentropy' -> 'BinaryCrossentropy', as Keras names the class. */
function lossOf(loss: CompileConfig['loss']): string {
  const { name, labelSmoothing } = loss;
  const className = name.charAt(0).toUpperCase() + name.slice(1);
  return pythonCall(`keras.losses.${className}`, {
    from_logits: isFromLogits(loss) ? true : undefined,
    label_smoothing: labelSmoothing || undefined,
  });
}

/** The accuracies by Keras' classes: of logits, where those are what the network gives. */
function metricsOf({ outputShape }: LayerStack, { loss, metrics }: CompileConfig): string[] {
  const accuracies = metrics.filter(name => name === 'acc' || name === 'accuracy');
  return accuracies.map(name => {
    if (outputShape[0] === 1) {
      return pythonCall('keras.metrics.BinaryAccuracy', { name, ...(givesLogits(loss) && { threshold: 0 }) });
    }
    const isSparse = loss.name === 'sparseCategoricalCrossentropy';
    return pythonCall(`keras.metrics.${isSparse ? 'Sparse' : ''}CategoricalAccuracy`, { name });
  });
}

function optimizerOf(optimizer: CompileConfig['optimizer']): string {
  const { class_name: className, config } = optimizerToKeras(optimizer);
  const { name: _, learning_rate: rate, ...own } = config;
  const { schedule } = optimizer;
  const { name: __, ...fields } = schedule ? (rate as { readonly config: Readonly<Record<string, unknown>> }).config : { name: '' };
  const follows = schedule ? pythonCall(`keras.optimizers.schedules.${schedule.className}`, fields) : pythonOf(rate);
  const options = [`learning_rate=${follows}`, ...Object.entries(own).map(([option, value]) => `${option}=${pythonOf(value)}`)];
  return `keras.optimizers.${className}(${options.join(', ')})`;
}
