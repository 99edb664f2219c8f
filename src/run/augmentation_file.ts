import { object, parseJson, shown, WantedError } from '../nn/json.js';
import { readWhole } from '../node/read.js';
import { AUGMENTATION_NAMES, AUGMENTATION_OPTIONS, givenOf } from './augmentation.js';
import type { OptionName, TrainOptions } from './options.js';

/** Arguments of Keras' ImageDataGenerator that a run has no option for, with what leaves them without an effect. */
const WITHOUT_EFFECT: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ['featurewise_center', [false]],
  ['samplewise_center', [false]],
  ['featurewise_std_normalization', [false]],
  ['samplewise_std_normalization', [false]],
  ['zca_whitening', [false]],
  ['zca_epsilon', [1e-6]],
  ['preprocessing_function', []],
  ['data_format', ['channels_last']],
  ['validation_split', [0]],
  ['interpolation_order', [1]],
  ['dtype', ['float32']],
]);

/** No such file is nearly as large. */
const MOST_BYTES = 2 ** 20;

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

/** With --augmentation, the options of its file besides those that were given, which count where both say one; and whether one was given by either. */
export async function withAugmentation(
  options: TrainOptions,
  isGiven: (name: OptionName) => boolean,
): Promise<{ readonly options: TrainOptions; isGiven(name: OptionName): boolean }> {
  const { augmentation: file } = options;
  if (file === undefined) return { options, isGiven };
  const content = await readWhole(file).catch((error: Error) => {
    throw new Error(`cannot read ${file}: ${error.message}`, { cause: error });
  });
  if (content.length > MOST_BYTES) throw new Error(`--augmentation ${file} has ${content.length} bytes, wanted a short JSON file`);
  const found = augmentationIn(content.toString('utf8'), `--augmentation ${file}`);
  return {
    options: { ...found, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) } as TrainOptions,
    isGiven: name => isGiven(name) || name in found,
  };
}

/** Options of a JSON text by Keras' names, rotation_range, or ours, rotationRange. `what` begins messages. */
export function augmentationIn(text: string, what: string): Partial<TrainOptions> {
  const found = new Map<string, unknown>();
  for (const [given, value] of Object.entries(object(parseJson(text, what), what))) {
    const name = camelCase(given);
    const option = AUGMENTATION_NAMES.find(each => each === name);
    // Python's None.
    if (value === null && (option || WITHOUT_EFFECT.has(snakeCase(name)))) continue;
    if (!option) {
      refuseOther(what, given, value);
      continue;
    }
    if (found.has(name)) throw new Error(`${what}: it has ${snakeCase(name)} and ${name}, which are one`);
    try {
      found.set(name, AUGMENTATION_OPTIONS[option].kind.read(value, given));
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }
  const options: Partial<TrainOptions> = Object.fromEntries(found);
  if (givenOf(options).length === 0) throw new Error(`${what} changes nothing: leave it out, or use --no-augment`);
  return options;
}

function refuseOther(what: string, given: string, value: unknown): void {
  const harmless = WITHOUT_EFFECT.get(snakeCase(given));
  if (harmless?.includes(value)) return;
  if (harmless) throw new Error(`${what}: ${new WantedError(value, given, harmless.length > 0 ? `${harmless}` : 'none').message}`);
  const rest = snakeCase(given) === 'rescale' ? 'it is not of augmentation' : `wanted ${AUGMENTATION_NAMES.map(snakeCase).join(', ')}`;
  throw new Error(`${what} has an entry ${shown(given)}: ${rest}`);
}
