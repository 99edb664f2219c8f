import type { ReadyRun } from '../../run/compiling.js';
import { eachOption, FORM_NAMES } from '../../run/options.js';
import type { Computing } from './session_parts.js';
import type { WatchedRun } from './watch.js';

/** What the studio watches of a run. */
export function watchedRun({ options, model, data, validation, classes, extra }: ReadyRun, computing: Computing): Omit<WatchedRun, 'id'> {
  const config = eachOption(FORM_NAMES, name => options[name]);
  const { rescale, best } = extra;
  return { ...computing, config, model, data, validation, classes, rescale, extra: { ...extra }, best };
}
