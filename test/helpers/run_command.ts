import { vi } from 'vitest';
import { makeProgram } from '../../src/cli/program.js';

class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super('exit');
    this.code = code;
  }
}

/** Runs a command line in this process. */
export async function runCommand(
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const told = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map(stream =>
    vi.spyOn(process[stream], 'write').mockImplementation(((text: string, ...rest: unknown[]) => {
      told[stream] += text;
      const done = rest.find(each => typeof each === 'function') as (() => void) | undefined;
      done?.();
      return true;
    }) as typeof process.stdout.write),
  );
  const log = vi.spyOn(console, 'log').mockImplementation(text => {
    told.stdout += `${text}\n`;
  });
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await makeProgram(code => {
      throw new Exit(code);
    }).parseAsync(['node', 'wgrad', ...args]);
    return { code: Number(process.exitCode ?? 0), ...told };
  } catch (error) {
    if (error instanceof Exit) return { code: error.code, ...told };
    throw error;
  } finally {
    process.exitCode = before;
    for (const spy of [...spies, log]) spy.mockRestore();
  }
}
