/** What a .keras file holds: no other members are looked at. */
export const MEMBERS = { metadata: 'metadata.json', config: 'config.json', weights: 'model.weights.h5' } as const;

/** A longer one is not read. */
export const MOST_METADATA_BYTES = 64 * 2 ** 10;
