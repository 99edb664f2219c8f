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
    if (!settings || !isGiven(name)) continue;
    const { flag, kind } = recordOf(name);
    const [given, had] = [options[name], settings[name]].map(value => (value === undefined ? undefined : textOf(kind, value)));
    if (given === had) continue;
    // A flag has no value that a person typed.
    const isFlag = typeof options[name] === 'boolean';
    const found = had === undefined || isFlag ? 'began without it' : `has ${had}`;
    throw new Error(
      `${flag.split(' ')[0]} is ${isFlag ? 'given' : given}, the run in ${options.resume} ${found}: leave the option out, or begin a new run without --resume`,
    );
  }
  const done = training?.history.loss?.length ?? 0;
  if (done >= options.epochs) note(`${options.resume} has done its ${done} epochs: --epochs with a larger number goes on`);
  // What the run began without stays out, too.
  return settings ? { ...options, ...Object.fromEntries(KEPT_NAMES.map(name => [name, settings[name]])) } : options;
}
