/** Files of a run's folder. The names of the best epochs' files are the person's: see checkpointTemplate(). */

/** The checkpoint that a run goes on from. */
export const LAST = 'last.safetensors';

export const HISTORY_NAMES = ['history.json', 'history.csv', 'history.svg'] as const;

/** The network of a run that began with one built on the studio's page. */
export const NETWORK = 'network.json';

/** There while a run is at work. */
export const LOCK_NAME = 'run.lock';

/** What a run leaves in its folder besides the best epochs' files, what matters most first. */
export const LEFT_BEHIND: readonly string[] = [LAST, ...HISTORY_NAMES, NETWORK];

/** What a run writes into its folder besides the best epochs' files. */
export const TAKEN: readonly string[] = [...LEFT_BEHIND, LOCK_NAME];
