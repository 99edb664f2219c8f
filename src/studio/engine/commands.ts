import { fields, number, type Read, text, WantedError, whole } from '../../nn/json.js';
import { eachOption, FORM_NAMES, isOptional, readOption, recordOf } from '../../run/options.js';
import { fraction, type Input, type Kind, names, path } from '../../run/values.js';
import type { Command, RunConfig, RunGoal } from '../protocol.js';

/** Whose paths a command has, as Node's process.platform names systems. */
type Platform = string;

/** A command as the page sent it. Throws what is wrong with it: a page of another version, or no page of ours. */
export function parseCommand(text: string, platform: Platform): Command {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('a command is not JSON');
  }
  return readCommand(value, platform);
}

/** The same of one that is not text. */
export function readCommand(value: unknown, platform: Platform): Command {
  const given = record(value, 'a command');
  switch (given.type) {
    case 'pause':
    case 'step':
    case 'resume':
    case 'stop':
      return { type: given.type };
    case 'start':
      return {
        type: 'start',
        config: readConfig(record(given.config, 'config'), platform),
        ...(given.network !== undefined && { network: reading(text, given.network, 'network') }),
        ...(given.goal !== undefined && { goal: reading(readGoal, given.goal, 'goal') }),
      };
    case 'open':
      return {
        type: 'open',
        model: reading(path.read, given.model, 'model'),
        ...(given.data !== undefined && { data: reading(path.read, given.data, 'data') }),
        ...(given.classes !== undefined && { classes: reading(names.read, given.classes, 'classes') }),
        ...(given.network !== undefined && { network: reading(path.read, given.network, 'network') }),
        ...(given.rescale !== undefined && { rescale: reading(fraction.read, given.rescale, 'rescale') }),
      };
    default:
      throw new Error(`there is no command ${shown(given.type)}; wanted start, open, pause, step, resume or stop`);
  }
}

const readGoal = fields<RunGoal>({ accuracy: number(0, 1), epochs: whole(1), seconds: number(0) });

const readConfig = (given: Record<string, unknown>, platform: Platform): RunConfig =>
  eachOption(FORM_NAMES, name => {
    const value = isOptional(name) ? (given[name] ?? undefined) : given[name];
    const { kind } = recordOf(name);
    const read = kind.input.type === 'words' && typeof value === 'string' ? wordOf(kind, platform) : readOption(name);
    return reading(read, value, name, kind.input.type);
  });

/** Reads what was typed as on the command line. */
const wordOf =
  ({ parse }: Kind<unknown>, platform: Platform): Read<unknown> =>
  (value, at) => {
    try {
      return parse!(value as string, platform);
    } catch (error) {
      throw new WantedError(value, at, (error as Error).message.replace('wanted ', ''));
    }
  };

/** What people call the parts of a size. */
const SIDES = ['height', 'width'];

/** Reads a field of a form; what is wrong is told as people see it there. What is not typed, such as a tick, is not shown. */
function reading<T>(read: Read<T>, value: unknown, name: string, type: Input['type'] = 'text'): T {
  try {
    return read(value, name);
  } catch (error) {
    if (!(error instanceof WantedError)) throw error;
    const side = SIDES.find((_, i) => error.at === `${name}[${i}]`);
    const isTyped = side !== undefined || (type !== 'check' && type !== 'size');
    const isEmpty = type === 'text' && (value === undefined || value === '');
    const found = isEmpty ? 'it is empty; ' : isTyped ? `${shown(error.value)}; ` : '';
    throw new Error(`${side ?? name}: ${found}wanted ${error.wanted}`, { cause: error });
  }
}

/** Characters of a value that a message shows. */
const MOST_SHOWN = 60;

/** A value for a message, whatever it is. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name}: wanted an object`);
  return value as Record<string, unknown>;
}
