import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';

export const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');

export interface Outcome {
  /** As a shell gives it: 128 and the signal's number where one ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the built program; `onLine` sees each line of its output as it comes, `onErrorLine` each line of its stderr, `onStart` the process. */
export function wgrad(
  args: readonly string[],
  onLine?: (line: string, child: ChildProcess) => void,
  env: Readonly<Record<string, string>> = {},
  onErrorLine?: (line: string, child: ChildProcess) => void,
  onStart?: (child: ChildProcess) => void,
): Promise<Outcome> {
  const adapter = process.env.WGRAD_ADAPTER;
  const computes = ['train', 'evaluate', 'predict', 'explain', 'demo', 'check', 'info', 'studio'].includes(args[0] ?? '');
  const given = adapter && computes && !args.includes('--adapter') && !args.includes('cpu') ? [...args, '--adapter', adapter] : args;
  const child = spawn(process.execPath, [MAIN, ...given], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  onStart?.(child);
  let [stdout, stderr, rest] = ['', '', ''];
  child.stdout.on('data', data => {
    stdout += data;
    rest += data;
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine?.(line, child);
  });
  let errorRest = '';
  child.stderr.on('data', data => {
    stderr += data;
    const lines = (errorRest + data).split('\n');
    errorRest = lines.pop()!;
    for (const line of lines) onErrorLine?.(line, child);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? 128 + constants.signals[signal!], stdout, stderr }));
  });
}
