/** What a .keras file holds: no other members are looked at. */
export const MEMBERS = { metadata: 'metadata.json', config: 'config.json', weights: 'model.weights.h5' } as const;
