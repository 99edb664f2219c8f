const PREFIX = 'wgrad run ';

/** How long a page that was reloaded may take to let go of what it held. */
const LETTING_GO_MS = 3000;

/** Holds a run's folder against this site's other tabs; what gives it back. Throws where another tab holds it. A tab that is closed lets go. */
export async function holdRun(folder: string): Promise<() => Promise<void>> {
  if (!navigator.locks) return async () => {};
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LETTING_GO_MS);
    const held = navigator.locks.request(PREFIX + folder, { signal }, () => new Promise<void>(letGo => resolve(async () => letGo())));
    held.catch(() => reject(new Error(`${folder} is written by this site in another tab: close it, or name another folder`)));
  });
}

/** Whether no other tab holds a run's folder. */
export async function isFree(folder: string): Promise<boolean> {
  const release = await holdRun(folder).catch(() => undefined);
  await release?.();
  return release !== undefined;
}

/** The folders of the runs that any tab holds. */
export async function heldRuns(): Promise<string[]> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []));
}
