/** The drawn faces that the studio's page trains on where nobody has own pictures: `images` a class to learn from, and an eighth as many to judge by. */
export const SAMPLE = { name: 'sample-faces', images: 800, size: 48, seed: 11 } as const;

/** Of drawn faces, in the order in which they are drawn. */
export const FACE_CLASSES = ['with_mask', 'without_mask'] as const;

/** The name of a drawn picture's file. */
export const pictureName = (index: number): string => `${index.toString().padStart(4, '0')}.png`;

/** Pictures to judge by, as a share of those to learn from, and how far their seed is from that of the others. */
export const VALIDATION_SHARE = 1 / 8;
const VALIDATION_SEED = 1_000_003;

/** How those to judge by are drawn. */
export const validationOf = ({ images, seed }: { readonly images: number; readonly seed: number }): { images: number; seed: number } => ({
  images: Math.ceil(images * VALIDATION_SHARE),
  seed: seed + VALIDATION_SEED,
});
