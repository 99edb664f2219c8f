import { type OptionName, recordOf, type TrainOptions } from './options.js';

/** The options that say what a run is judged by: one of them, but that a folder may have a table. */
export const VALIDATION_NAMES = ['validation', 'validationLabels', 'split', 'validationSplit'] as const satisfies readonly OptionName[];

const [FOLDER, ...SHARES] = VALIDATION_NAMES.filter(name => name !== 'validationLabels').map(name => recordOf(name).flag) as [
  string,
  ...string[],
];

/** What to give where nothing says what a run is judged by. */
export const WANTED = `wanted ${FOLDER}, or a part of --train: ${SHARES.join(', or ')}`;

/** Throws where nothing says what a run is judged by, or more than one option does. */
export function checkValidation(options: Pick<TrainOptions, (typeof VALIDATION_NAMES)[number]>): void {
  const isTable = options.validationLabels !== undefined;
  const given = VALIDATION_NAMES.filter(name => options[name] !== undefined && !(name === 'validation' && isTable));
  if (given.length === 1) return;
  if (given.length === 0) throw new Error(`nothing says which images a run is judged by: ${WANTED}`);
  const [first, second] = given.map(name => `${recordOf(name).flag.split(' ')[0]} ${options[name]}`);
  throw new Error(`${first} and ${second} both say which images a run is judged by: leave one of them out`);
}
