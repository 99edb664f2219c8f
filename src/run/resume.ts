import { loadCheckpoint } from '../node/files.js';
import { note } from '../node/terminal.js';
import { extraOf } from './extra.js';
import { KEPT_NAMES, type OptionName, recordOf, type TrainOptions } from './options.js';
import { textOf } from './values.js';

/** With --resume, the options that the run began with; throws where those that were given ask for others. */
export async function withRunSettings(options: TrainOptions, isGiven: (name: OptionName) => boolean): Promise<TrainOptions> {
  if (options.resume === undefined) return options;
  const checkpoint = await loadCheckpoint(options.resume);
  const { training } = checkpoint;
  const { settings } = extraOf(options.resume, checkpoint);
  for (const name of KEPT_NAMES) {
    if (!settings || !isGiven(name) || textOf(options[name]) === textOf(settings[name])) continue;
    const [flag] = recordOf(name).flag.split(' ');
    // A flag has no value that a person typed.
    const given = typeof options[name] === 'boolean' ? 'given' : textOf(options[name]);
    const had = typeof settings[name] === 'boolean' ? 'began without it' : `has ${textOf(settings[name])}`;
    throw new Error(`${flag} is ${given}, the run in ${options.resume} ${had}: leave the option out, or begin a new run without --resume`);
  }
  const done = training?.history.loss?.length ?? 0;
  if (done >= options.epochs) note(`${options.resume} has done its ${done} epochs: --epochs with a larger number goes on`);
  return { ...options, ...settings };
}
