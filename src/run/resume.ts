import type { Command } from 'commander';
import { loadCheckpoint } from '../node/files.js';
import { note } from '../node/terminal.js';
import { extraOf } from './extra.js';
import { type RunSettings, SETTINGS, type TrainOptions } from './options.js';

/** With --resume, the options that the run began with; throws where the command line asks for others. */
export async function withRunSettings(options: TrainOptions, command: Command): Promise<TrainOptions> {
  if (options.resume === undefined) return options;
  const checkpoint = await loadCheckpoint(options.resume);
  const { training } = checkpoint;
  const { settings } = extraOf(options.resume, checkpoint);
  for (const name of SETTINGS) {
    if (!settings || command.getOptionValueSource(name) !== 'cli' || textOf(options[name]) === textOf(settings[name])) continue;
    const { long } = command.options.find(option => option.attributeName() === name)!;
    throw new Error(
      `${long} is ${textOf(options[name])}, the run in ${options.resume} has ${textOf(settings[name])}: leave the option out, or begin a new run without --resume`,
    );
  }
  const done = training?.history.loss?.length ?? 0;
  if (done >= options.epochs) note(`${options.resume} has done its ${done} epochs: --epochs with a larger number goes on`);
  return { ...options, ...settings };
}

const textOf = (value: RunSettings[keyof RunSettings]): string => (Array.isArray(value) ? value.join('x') : String(value));
