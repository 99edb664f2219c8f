/** The drawn faces that the studio's page trains on where nobody has own pictures: `images` a class to learn from, and an eighth as many to judge by. */
export const SAMPLE = { name: 'sample-faces', images: 800, size: 48, seed: 11 } as const;
