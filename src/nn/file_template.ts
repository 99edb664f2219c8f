import { pythonFormat, UnknownFieldError } from './python_format.js';

/** A file system's limit for a name, in bytes. */
const LONGEST_NAME = 255;

/** Why a path can't be that of a file; undefined where it can. */
export function faultOfPath(path: string): string | undefined {
  const names = path.split('/');
  const last = names.at(-1)!;
  if (path === '') return 'it is empty, wanted the name of a file';
  if (last === '' || last === '.' || last === '..') return 'it names a folder, wanted a file';
  if (path.includes('\0')) return 'it has a NUL character in it';
  const long = names.find(name => new TextEncoder().encode(name).length > LONGEST_NAME);
  return long === undefined ? undefined : `its name '${long.slice(0, 20)}…' is longer than ${LONGEST_NAME} bytes`;
}

/**
 * Throws, with the reason, where a template can't name the files of a run's epochs. `given`: names of the numbers that fit() itself gives; others may be
 * added by callbacks, unless their names are such as only fit() gives.
 */
export function checkFileTemplate(template: string, given: readonly string[]): void {
  const names = new Set(['epoch', ...given]);
  for (;;) {
    const values = Object.fromEntries([...names].map(name => [name, name === 'epoch' ? 1 : 0.5]));
    try {
      const fault = faultOfPath(pythonFormat(template, values));
      if (fault !== undefined) throw new Error(`'${template}' can't be a checkpoint's path: ${fault}`);
      return;
    } catch (error) {
      if (!(error instanceof UnknownFieldError) || /^(batch|\d*|(val_.*)|loss|acc|accuracy)$/.test(error.field)) throw error;
      names.add(error.field);
    }
  }
}
