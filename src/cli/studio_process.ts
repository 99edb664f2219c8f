import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../node/paths.js';

/** Programs that the studio runs beside the one that was started, each for itself in a process: built, also where a test runs the sources. */
export type StudioProgram = 'studio_engine' | 'studio_server';

/**
 * Starts one, with a channel for messages. It is in a group of its own, so that a terminal's Ctrl-C reaches only the process that was started, which tells
 * the other what to do; when that process is gone, the channel closes and the other ends by itself.
 */
export function startProgram(program: StudioProgram, options: unknown, env: Readonly<Record<string, string>> = {}): ChildProcess {
  return fork(join(packageRoot, 'dist', 'src', 'cli', `${program}.js`), [JSON.stringify(options)], {
    serialization: 'advanced',
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
}

/** What startProgram() was given, in the program. */
export const programOptions = <T>(): T => JSON.parse(process.argv[2]!) as T;

/** Sends a message to the other process; dropped where that is gone. */
export function tell(channel: Pick<ChildProcess, 'send' | 'connected'> | NodeJS.Process, message: unknown): void {
  if (channel.connected) channel.send!(message as object, undefined, undefined, () => {});
}
