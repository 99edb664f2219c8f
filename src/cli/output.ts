import { writeReason } from '../node/errors.js';

/** Why stdout can't be written to, where it can't. */
let failure: NodeJS.ErrnoException | undefined;

/** Whether what stdout tells is all that a command does. */
let isResult = false;

/**
 * Keeps a reader that is gone, a full disk or a closed terminal from ending the program: what is told must never stop what is computed. To be called
 * before anything is told.
 */
export function guardOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
    if (isResult && error.code === 'EPIPE') endAtOnce('SIGPIPE');
  });
}

/**
 * Runs a command whose result is what it prints. When nobody reads it any more, as after `| head`, it ends at once, as other tools do; where the
 * output can't be written for another reason, it fails at its end.
 */
export function printing<A extends unknown[]>(work: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  return async (...args) => {
    isResult = true;
    if (failure?.code === 'EPIPE') endAtOnce('SIGPIPE');
    await work(...args);
    await new Promise<void>(resolve => process.stdout.write('', () => resolve()));
    if (failure) throw new Error(`cannot write the output: ${writeReason(failure)}`);
  };
}

/**
 * Ends this process as a signal does where nothing listens: process.exit() would free a driver that is computing, which crashes some. Node ignores
 * SIGPIPE until something has listened to it.
 */
export function endAtOnce(signal: 'SIGINT' | 'SIGPIPE'): void {
  if (process.platform === 'win32') process.kill(process.pid, 'SIGKILL');
  process.once(signal, () => {});
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
