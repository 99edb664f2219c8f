/** The bytes of pictures of one size, wherever they are kept: the one door through which they are read. */
export interface Pixels {
  /** Pictures. */
  readonly count: number;
  /** Bytes of each: height x width x channels. */
  readonly size: number;
  /** Copies pictures, one after another. Throws where one is not at hand. */
  copy(rows: readonly number[], to: Uint8Array): void;
  /**
   * Resolves when `rows` are at hand, and begins to bring those of `next`, as many as it has room for; undefined where `rows` are at hand already. Absent
   * where all always are. Those that were asked for before may be at hand no more.
   */
  prepare?(rows: readonly number[], next: readonly number[]): Promise<void> | undefined;
  /** How many pictures of `next` are worth naming. Absent where none are. */
  readonly ahead?: number;
  /** Gives back what it holds of files and threads. */
  close?(): Promise<void>;
}

/** Pictures in memory: [pictures, size]. */
export class MemoryPixels implements Pixels {
  readonly bytes: Uint8Array;
  readonly size: number;

  constructor(bytes: Uint8Array, size: number) {
    if (bytes.length % size !== 0) throw new Error(`${bytes.length} bytes do not fill pictures of ${size} bytes each`);
    this.bytes = bytes;
    this.size = size;
  }

  get count(): number {
    return this.bytes.length / this.size;
  }

  copy(rows: readonly number[], to: Uint8Array): void {
    const { bytes, size } = this;
    rows.forEach((row, i) => {
      to.set(bytes.subarray(row * size, (row + 1) * size), i * size);
    });
  }
}

/** Some of other pictures, by their rows there. */
class ChosenPixels implements Pixels {
  readonly #of: Pixels;
  readonly #rows: readonly number[];

  constructor(of: Pixels, rows: readonly number[]) {
    this.#of = of;
    this.#rows = rows;
  }

  get count(): number {
    return this.#rows.length;
  }

  get size(): number {
    return this.#of.size;
  }

  get ahead(): number {
    return this.#of.ahead ?? 0;
  }

  copy(rows: readonly number[], to: Uint8Array): void {
    this.#of.copy(this.#there(rows), to);
  }

  prepare(rows: readonly number[], next: readonly number[]): Promise<void> | undefined {
    return this.#of.prepare?.(this.#there(rows), this.#there(next));
  }

  async close(): Promise<void> {
    await this.#of.close?.();
  }

  #there(rows: readonly number[]): number[] {
    return rows.map(row => this.#rows[row]!);
  }
}

/** Some pictures by their rows; of those in memory a copy. */
export function choosePixels(pixels: Pixels, rows: readonly number[]): Pixels {
  if (!(pixels instanceof MemoryPixels)) return new ChosenPixels(pixels, rows);
  const bytes = new Uint8Array(rows.length * pixels.size);
  pixels.copy(rows, bytes);
  return new MemoryPixels(bytes, pixels.size);
}

/** Pictures by their rows, one after another. Default all. */
export async function readPixels(
  pixels: Pixels,
  rows: readonly number[] = Array.from({ length: pixels.count }, (_, row) => row),
): Promise<Uint8Array> {
  await pixels.prepare?.(rows, []);
  const bytes = new Uint8Array(rows.length * pixels.size);
  pixels.copy(rows, bytes);
  return bytes;
}
