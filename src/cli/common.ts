import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { messageOf } from '../engine/message_of.js';
import { LibraryPathError } from '../node/adapter.js';
import { hasGpuDevice } from '../node/drivers.js';
import { note } from '../node/terminal.js';

/** Runs a command's action; errors become one line and exit code 1, and a driver that needs LD_LIBRARY_PATH gets it by starting again. */
export function action<A extends unknown[]>(work: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await work(...args);
    } catch (error) {
      if (error instanceof LibraryPathError && !process.env.WGRAD_RELAUNCHED) {
        const path = [error.libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
        return startAgain({ LD_LIBRARY_PATH: path, WGRAD_RELAUNCHED: '1' });
      }
      process.exitCode = 1;
      note((process.env.WGRAD_DEBUG && (error as Error).stack) || `wgrad: ${messageOf(error)}`);
    }
  };
}

/**
 * Whether a command is to run in a process of its own, since its stderr is a log and would begin with what Dawn says of a software adapter's limits: see
 * startAgain(). `wgrad info` shows it.
 */
export const isToldApart = (command: string | undefined): boolean =>
  command === 'demo' && !process.stderr.isTTY && !process.env.WGRAD_QUIET && !hasGpuDevice();

/** What Dawn, which has no setting against it, writes to stderr when it meets an adapter with more than it can use. */
const LIMITS_WARNING = /^Warning: maxDynamic\w+ artificially reduced /;

/** Starts this program again with more in its environment and ends as it ends. What it writes to a log comes without Dawn's warnings of limits. */
export async function startAgain(more: Readonly<Record<string, string>>): Promise<void> {
  const env = { ...process.env, ...more };
  // In a group of its own it gets each signal once, from here: a terminal sends Ctrl-C to a whole group, other programs to this process alone. The channel
  // is never spoken through: see followParent().
  const stdio = ['inherit', 'inherit', process.stderr.isTTY ? 'inherit' : 'pipe', 'ipc'] as const;
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { stdio: [...stdio], env, detached: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  if (child.stderr) {
    const lines = createInterface({ input: child.stderr, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', line => void (LIMITS_WARNING.test(line) || note(line)));
  }
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

/** In a program that was started again: when the one that did it is gone, killed perhaps, this one ends as if it were asked to. */
export function followParent(): void {
  if (!(process.env.WGRAD_RELAUNCHED || process.env.WGRAD_QUIET) || !process.channel) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}

/** A share for people. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Writes a line of JSON; Maps as objects whose keys stay in order, also where they look like numbers. */
export const printJson = (value: unknown): void => void process.stdout.write(`${json(value)}\n`);

function json(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(each => json(each ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries: Iterable<[string, unknown]> = value instanceof Map ? value : Object.entries(value);
  const defined = [...entries].filter(([, each]) => each !== undefined);
  return `{${defined.map(([key, each]) => `${JSON.stringify(key)}:${json(each)}`).join(',')}}`;
}
