import type { Kind } from './values.js';

/**
 * An option of a run. From its record derive the flag of `wgrad train` and its help, the type of its value, what a checkpoint fixes, and the page's form. Safe
 * in a browser.
 */
export interface RunOption<T> {
  /** As commander takes it: '--epochs <n>'. What --no-… turns off is on. */
  readonly flag: string;
  readonly help: string;
  readonly kind: Kind<T>;
  readonly default?: T;
  readonly isRequired?: true;
  /** Whether it shapes a run from its first step on, so that a run that goes on keeps it; 'unlessGiven': what is given with it takes its place, as files may lie elsewhere by then. */
  readonly isKept?: true | 'unlessGiven';
  /** The heading below which help and form show it, together with others; most stand below none. */
  readonly group?: string;
  /** How the form of a new run on the page shows it; others stand only on the command line. */
  readonly field?: Field<T>;
}

interface Field<T> {
  /** One for each input that it has. */
  readonly labels: readonly string[];
  /** What an empty input means. */
  readonly hint?: string;
  /** What it holds at first, where that is not the default. */
  readonly initial?: T;
}

export const option = <T, const O extends Omit<RunOption<T>, 'flag' | 'help' | 'kind'>>(
  flag: string,
  help: string,
  kind: Kind<T>,
  rest: O,
) => ({ flag, help, kind, ...rest });
