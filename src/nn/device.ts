import type { Executor } from '../engine/executor.js';

let open: (() => Promise<Executor>) | undefined;

/** Sets how compile() gets an executor when it is given none: the packages for Node and for browsers each do this. */
export function setDefaultExecutor(opener: () => Promise<Executor>): void {
  open = opener;
}

export async function defaultExecutor(): Promise<Executor> {
  if (!open) throw new Error('compile: pass an executor; no default one is set');
  return open();
}
