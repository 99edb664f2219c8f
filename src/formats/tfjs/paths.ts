import { type Read, shown, text } from '../../nn/json.js';

/**
 * A path that a file names beside itself: plain names below its folder. Throws at what could lead elsewhere, on any system: '..', an absolute path, a drive, a
 * backslash, an address.
 */
export const checkPath: Read<string> = (value, at) => {
  const path = text(value, at);
  const fault = faultOf(path);
  if (fault === undefined) return path;
  throw new Error(`${at} is ${shown(path)}, which ${fault}: wanted the name of a file in the folder`);
};

function faultOf(path: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(path)?.[1];
  if (scheme !== undefined) return scheme.length === 1 ? 'begins with a drive' : `is an address (${scheme})`;
  if (path.startsWith('/')) return 'is an absolute path';
  if (path.includes('\\')) return "has '\\' in it";
  if (path.includes(':')) return "has ':' in it";
  if (/\p{Cc}/u.test(path)) return 'has a control character in it';
  const names = path.split('/');
  if (names.includes('..')) return "has '..' in it";
  if (names.some(name => name === '' || name === '.')) return 'has an empty name in it';
  return undefined;
}
