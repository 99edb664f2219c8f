import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { packageRoot, version } from './paths.js';

/** What a result is of: without these a figure means nothing. */
export function circumstances(adapter: string): Readonly<Record<string, unknown>> {
  return {
    adapter,
    cpu: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    node: process.version,
    wgrad: version,
    commit: commit(),
    date: new Date().toISOString(),
  };
}

/** Short hash of the checkout, with '+' where it has changes; none outside a checkout. */
function commit(): string | undefined {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // An installed package may lie in the checkout of another project.
    if (git('rev-parse', '--show-prefix') !== '') return undefined;
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', 'src', 'shaders', 'bench/*.ts') === '' ? '' : '+');
  } catch {
    return undefined;
  }
}
