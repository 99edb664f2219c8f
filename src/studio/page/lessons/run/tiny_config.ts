/** What a lesson's run is trained with: the layers of the lessons' network, on smaller faces. */
export interface TinyConfig {
  readonly optimizer: 'adam' | 'sgd';
  readonly learningRate: number;
  readonly loss: 'binaryCrossentropy' | 'categoricalCrossentropy';
  /** Share that is dropped; 0 leaves the layer out. */
  readonly dropout: number;
  /** Side of the pooling windows; 1 leaves the layers out. */
  readonly pool: number;
  readonly augment: boolean;
  /** Faces to learn from, half of them with a mask. */
  readonly pictures: number;
  readonly epochs: number;
  readonly seed: number;
  /** Units before the last layer; 2 can be drawn as a plane, and are a tanh then. */
  readonly units: number;
}

export const TINY: TinyConfig = {
  optimizer: 'adam',
  learningRate: 0.006,
  loss: 'categoricalCrossentropy',
  dropout: 0,
  pool: 2,
  augment: false,
  pictures: 120,
  epochs: 12,
  seed: 5,
  units: 12,
};

export const BATCH = 20;

/** Faces that are not learned from. */
export const VALIDATION = 60;

/** Side of the pictures: small, so that a run takes seconds without a GPU. */
export const SIZE = 16;

export const CLASSES = ['with mask', 'without mask'] as const;
