import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told from others that had or will have its number, here and on other machines. */
export interface ProcessId {
  readonly pid: number;
  /** Where process numbers mean the same: see `place`. */
  readonly place: string;
  /** When it began, in the system's own count; absent where the system does not say. */
  readonly started?: string | undefined;
}

const quietly = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

/** Eight hex digits of this machine since its start, and of the container on it: only there can a process be looked for by its number. */
export const place: string = createHash('sha256')
  .update(hostname())
  .update(quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')))
  .update(quietly(() => readlinkSync('/proc/self/ns/pid')))
  .digest('hex')
  .slice(0, 8);

/** The state and the start of a process, where the system has Linux' /proc. Source: man 5 proc_pid_stat */
function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name, in parentheses, may have spaces and parentheses in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.length > 19 ? { state: fields[0]!, started: fields[19]! } : undefined;
}

export const thisProcess: ProcessId = { pid: process.pid, place, started: statOf(process.pid)?.started };

/** Whether a process goes on; undefined where it is of another machine or container. */
export function isRunning({ pid, place: where, started }: ProcessId): boolean | undefined {
  if (where !== place) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = statOf(pid);
  if (!stat) return true;
  return stat.state !== 'Z' && stat.state !== 'X' && (started === undefined || started === stat.started);
}
