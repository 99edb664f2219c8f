import { type Command, InvalidArgumentError, Option } from 'commander';
import { variantNames } from '../kernels/index.js';
import type { DeviceOptions } from '../run/device.js';
import type { RunOption } from '../run/option.js';
import { eachOption, OPTION_NAMES, type OptionName, RUN_OPTIONS, recordOf, type TrainOptions } from '../run/options.js';
import { choice, fraction, type Kind, names, textOf, whole } from '../run/values.js';

/** A parser of words for commander, which reports what it throws, with exit code 2. */
export function parserOf<T>({ parse }: Pick<Kind<T>, 'parse'>): (word: string) => T {
  return word => {
    try {
      return parse!(word, process.platform);
    } catch (error) {
      throw new InvalidArgumentError(`${(error as Error).message}.`);
    }
  };
}

export const integer = (low: number, high?: number): ((word: string) => number) => parserOf(whole(low, high));

function optionOf({ flag, help, kind, default: value, isRequired, group }: RunOption<unknown>): Option {
  const option = new Option(flag, help).makeOptionMandatory(isRequired ?? false);
  if (value !== undefined) option.default(value, Array.isArray(value) ? textOf(kind, value) : undefined);
  if (group !== undefined) option.helpGroup(`${group}:`);
  if (!kind.parse) return option;
  const parse: (word: string) => unknown = parserOf(kind);
  // Of several words, each adds to what those before gave.
  return option.argParser<unknown>((word, before) =>
    option.variadic ? [...((before as unknown[]) ?? []), ...(parse(word) as unknown[])] : parse(word),
  );
}

/** The option that a network's input has its size from. */
export const imageSizeOption = (help: string): Option => optionOf({ ...RUN_OPTIONS.imageSize, help });

/** Adds the options of a run; a function that gives their values once the command line is read, and one that says which stood there. */
export function addRunOptions(command: Command): { values(): TrainOptions; isGiven(name: OptionName): boolean } {
  const attributes = new Map<OptionName, string>();
  for (const name of OPTION_NAMES) {
    const option = optionOf(recordOf(name));
    command.addOption(option);
    attributes.set(name, option.attributeName());
  }
  addDeviceOptions(command);
  return {
    values: () => ({
      ...command.opts<DeviceOptions>(),
      ...eachOption(OPTION_NAMES, name => command.getOptionValue(attributes.get(name)!)),
    }),
    isGiven: name => command.getOptionValueSource(attributes.get(name)!) === 'cli',
  };
}

/** What a person says of a model's file that does not say it. */
export function addUseOptions(command: Command): Command {
  return command
    .option('--network <file>', 'file of the network, where the model file has only weights')
    .option('--classes <a,b>', "class names in the order of the model's outputs, where its file has none", parserOf(names))
    .option('--rescale <x>', 'factor for the bytes of images (default: 1/255, or what the file says)', parserOf(fraction));
}

/** Of commands that take a folder whose labels may be in a table. */
export function addLabelOptions(command: Command): Command {
  return [RUN_OPTIONS.labels, RUN_OPTIONS.fileColumn, RUN_OPTIONS.labelColumn].reduce(
    (to, record) => to.addOption(optionOf(record)),
    command,
  );
}

/** Where decoded pictures are kept. */
export function addMemoryOptions(command: Command): Command {
  return command.addOption(optionOf(RUN_OPTIONS.memory)).addOption(optionOf(RUN_OPTIONS.cacheSize));
}

export function addDeviceOptions(command: Command): Command {
  return command
    .option('--device <gpu|cpu>', 'where to compute; cpu is the slow reference', parserOf(choice('gpu', 'cpu')), 'gpu')
    .option('--adapter <name>', 'swiftshader, lavapipe, or part of the name of a system adapter')
    .option('--variant <name>', 'use this variant of every kernel that has it', parserOf(choice(...variantNames)))
    .option('--no-tune', 'do not time which variants are fastest');
}
