import type { Checkpoint } from '../formats/checkpoint.js';
import { list, number, object, optional, part, type Read, shown, text } from '../nn/json.js';
import { classCount } from './classes.js';
import { eachOption, KEPT_NAMES, type RunSettings, readOption } from './options.js';

/** What `wgrad train` keeps in its checkpoints besides the model. */
export interface TrainExtra {
  /** Names of the outputs. */
  readonly classes: readonly string[];
  /** What bytes were multiplied with. */
  readonly rescale: number;
  /** Best val_loss so far. */
  readonly best: number | undefined;
  /** What the run keeps when it goes on. */
  readonly settings?: RunSettings | undefined;
}

/** The face-mask data's classes, for files that hold weights only. */
const DEFAULTS: TrainExtra = { classes: ['with_mask', 'without_mask'], rescale: 1 / 255, best: undefined };

const readSettings: Read<RunSettings> = (value, at) => {
  const given = new Map(Object.entries(object(value, at)));
  return eachOption(KEPT_NAMES, name => readOption(name)(given.get(name), `${at}.${name}`));
};

const readExtra: Read<Partial<TrainExtra>> = part<Partial<TrainExtra>>({
  classes: optional(list(text)),
  // Beyond, bytes times it would not stay finite for long.
  rescale: optional(number(-1e6, 1e6)),
  best: optional(number()),
  settings: optional(readSettings),
});

/** What `wgrad train` kept in a checkpoint, and nothing else that stands there; throws, naming the file and the field, where it does not fit the model. */
export function extraOf(file: string, { model, extra }: Checkpoint): TrainExtra {
  try {
    const read = { ...DEFAULTS, ...readExtra(extra, 'extra') };
    const { classes, settings } = read;
    const count = classCount(model);
    const [units] = model.outputShape;
    const [height, width] = model.inputShape;
    if (extra.classes !== undefined && classes.length !== count) {
      throw new Error(
        `extra.classes are ${classes.length}, wanted ${units === 1 ? "two for the model's 1 output" : `one for each of the model's ${units} outputs`}`,
      );
    }
    const twice = classes.find((name, i) => classes.indexOf(name) !== i);
    if (twice !== undefined) throw new Error(`extra.classes has ${shown(twice)} twice`);
    if (settings && (settings.imageSize[0] !== height || settings.imageSize[1] !== width)) {
      throw new Error(`extra.settings.imageSize is ${settings.imageSize.join('x')}, the model takes ${height}x${width}`);
    }
    return read;
  } catch (error) {
    throw new Error(`${file} is not a checkpoint that can be used: ${(error as Error).message}`, { cause: error });
  }
}
