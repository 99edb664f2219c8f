import type { Command, RunConfig } from '../protocol.js';

/** A command as the page sent it. Throws what is wrong with it: a page of another version, or no page of ours. */
export function parseCommand(text: string): Command {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('a command is not JSON');
  }
  const given = record(value, 'a command');
  switch (given.type) {
    case 'pause':
    case 'step':
    case 'resume':
    case 'stop':
      return { type: given.type };
    case 'start':
      return { type: 'start', config: parseConfig(record(given.config, 'config')) };
    case 'open':
      return { type: 'open', model: filled(given, 'model'), ...(given.data !== undefined && { data: filled(given, 'data') }) };
    default:
      throw new Error(`there is no command ${shown(given.type)}; wanted start, open, pause, step, resume or stop`);
  }
}

function parseConfig(given: Record<string, unknown>): RunConfig {
  const imageSize = given.imageSize;
  if (!Array.isArray(imageSize) || imageSize.length !== 2) throw new Error('imageSize: wanted [height, width]');
  const size = { height: imageSize[0] as unknown, width: imageSize[1] as unknown };
  const learningRate = given.learningRate ?? undefined;
  if (learningRate !== undefined && !(typeof learningRate === 'number' && learningRate > 0 && Number.isFinite(learningRate))) {
    throw new Error(`learningRate: ${shown(learningRate)}; wanted a number over 0`);
  }
  if (typeof given.augment !== 'boolean') throw new Error('augment: wanted true or false');
  return {
    train: filled(given, 'train'),
    validation: filled(given, 'validation'),
    out: filled(given, 'out'),
    epochs: whole(given, 'epochs', 1),
    batchSize: whole(given, 'batchSize', 1),
    imageSize: [whole(size, 'height', 1), whole(size, 'width', 1)],
    seed: optional(given, 'seed', name => whole(given, name, 0, 2 ** 32 - 1)),
    augment: given.augment,
    learningRate: learningRate as number | undefined,
    maxSteps: optional(given, 'maxSteps', name => whole(given, name, 1)),
    resume: optional(given, 'resume', name => filled(given, name)),
  };
}

/** Characters of a path at most: Linux takes no longer ones. */
const MOST_PATH = 4096;

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

function filled(given: Record<string, unknown>, name: string): string {
  const value = given[name];
  if (value === undefined || value === '') throw new Error(`${name}: it is empty; wanted a path`);
  const isPath = typeof value === 'string' && value.trim() !== '' && !value.includes('\0') && value.length <= MOST_PATH;
  if (!isPath) throw new Error(`${name}: ${shown(value)}; wanted a path`);
  return value;
}

function whole(given: Record<string, unknown>, name: string, low: number, high = Number.MAX_SAFE_INTEGER): number {
  const value = given[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
    throw new Error(
      `${name}: ${shown(value)}; wanted a whole number ${high < Number.MAX_SAFE_INTEGER ? `from ${low} to ${high}` : `of at least ${low}`}`,
    );
  }
  return value;
}

function optional<T>(given: Record<string, unknown>, name: string, parse: (name: string) => T): T | undefined {
  return given[name] === undefined || given[name] === null ? undefined : parse(name);
}
