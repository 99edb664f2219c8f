import { type InspectOptions, Inspector } from '../../inspect/inspect.js';
import type { Inspection } from '../../inspect/types.js';
import { ArraySource } from '../../nn/arrays.js';
import type { Sequential } from '../../nn/model.js';

/** Plans that are kept: that of a view's first numbers, and that of the others. */
const KEPT = 2;

/** What a model computes of single pictures. The plans of the last kinds of inspection are kept for the next picture. */
export class Inspectors {
  readonly #model: Sequential;
  /** By what they read, the latest last. */
  readonly #kept = new Map<string, Inspector>();

  constructor(model: Sequential) {
    this.#model = model;
  }

  /** `key` says what is wanted. `keeps`: whether another picture may follow; a plan takes memory that a training step could need. */
  async inspect(
    key: string,
    pixels: Float32Array,
    labels: Float32Array,
    { keeps, ...options }: InspectOptions & { readonly keeps: boolean },
  ): Promise<Inspection> {
    const source = new ArraySource(pixels, this.#model.inputShape, labels, { batchSize: 1, shuffle: false });
    const inspector = this.#kept.get(key) ?? (await Inspector.prepare(this.#model, source, options));
    this.#kept.delete(key);
    this.#kept.set(key, inspector);
    try {
      return await inspector.inspect(source.batch(0));
    } finally {
      this.#trim(keeps ? KEPT : 0);
    }
  }

  release(): void {
    this.#trim(0);
  }

  #trim(count: number): void {
    for (const [key, inspector] of [...this.#kept].slice(0, Math.max(0, this.#kept.size - count))) {
      inspector.release();
      this.#kept.delete(key);
    }
  }
}
