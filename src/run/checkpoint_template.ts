import { faultOfPath } from '../nn/file_template.js';
import { pythonFormat } from '../nn/python_format.js';
import { TAKEN } from './names.js';

/** Numbers of a first epoch, and of a late one with long numbers. */
const EXAMPLES: readonly Readonly<Record<string, number>>[] = [
  { epoch: 1, loss: 0.5, acc: 0.5, val_loss: 0.5, val_acc: 0.5 },
  { epoch: 999_999, loss: 123456.789, acc: 1 / 3, val_loss: 123456.789, val_acc: 1 / 3 },
];

/** A template's name for a first epoch. */
export const exampleName = (template: string): string => pythonFormat(template, EXAMPLES[0]!);

/** Whether a file's name is one that a template gives for some epoch. */
export function isNamedBy(template: string, name: string): boolean {
  const parts = template.split(/\{[^{}]+\}/).map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`).test(name);
}

/**
 * Parses --checkpoint: a template of names within --out, as Keras' ModelCheckpoint formats it. Unlike there, it can't lead out of the folder: all that a run
 * writes is in it. `platform` as Node names it: Windows forbids more names.
 */
export function checkpointTemplate(template: string, platform: string): string {
  for (const values of EXAMPLES) {
    let name: string;
    try {
      name = pythonFormat(template, values);
    } catch (error) {
      throw new Error((error as Error).message, { cause: error });
    }
    const fault = faultOf(name, platform);
    if (fault !== undefined) throw new Error(name === template ? fault : `In epoch ${values.epoch} it is '${name}': ${fault}`);
  }
  return template;
}

function faultOf(given: string, platform: string): string | undefined {
  const isWindows = platform === 'win32';
  const path = isWindows ? given.replaceAll('\\', '/') : given;
  if (path.startsWith('/') || (isWindows && /^[a-z]:/i.test(path))) return 'it is an absolute path, wanted a name within --out';
  const names = path.split('/').filter(name => name !== '.' && name !== '');
  const general = faultOfPath(path);
  if (general !== undefined && !names.includes('..')) return general;
  if (names.includes('..')) return "it has '..' in it, wanted a name within --out";
  if ([...path].some(character => character < ' ' || character === '\x7f')) return 'it has a control character in it';
  const forbidden = isWindows && names.find(name => /[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name));
  if (forbidden) return `'${forbidden}' can't be a file's name on Windows`;
  const first = names[0]!.toLowerCase();
  if (TAKEN.includes(first) || first.startsWith('.tmp-')) return `the run keeps another file as ${names[0]}, wanted another name`;
  return undefined;
}
