import { readImage, readImageNow } from './load_file.js';

/** Milliseconds from which on a file takes long to read: others can be read meanwhile. */
const SLOW_MS = 1;

/** Files after which it is looked again how long one takes. */
const LOOK_EACH = 64;

/**
 * Reads files on a worker's thread. To ask another thread costs more than most files that a disk has at hand, so they are read at once; those of a slow disk, or
 * of a network, are asked for together.
 */
export class FileReader {
  #isSlow = false;
  #sinceLook = 0;

  async read(path: string): Promise<Uint8Array> {
    this.#sinceLook += 1;
    if (this.#isSlow && this.#sinceLook < LOOK_EACH) return readImage(path);
    this.#sinceLook = 0;
    const begin = performance.now();
    try {
      return readImageNow(path);
    } finally {
      this.#isSlow = performance.now() - begin > SLOW_MS;
    }
  }
}
