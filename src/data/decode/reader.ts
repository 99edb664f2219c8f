export const cutShort = (kind: string): Error => new Error(`the ${kind} data ends too early: the file is cut short`);

/** A file's bytes, read one after another. */
export class Reader {
  readonly file: Uint8Array;
  /** Offset of the next byte. */
  at = 0;
  readonly #kind: string;

  /** `kind` names the format in errors. */
  constructor(file: Uint8Array, kind: string) {
    this.file = file;
    this.#kind = kind;
  }

  /** The next bytes; throws where there are fewer. */
  take(length: number): Uint8Array {
    const bytes = this.file.subarray(this.at, this.at + length);
    if (bytes.length < length) throw cutShort(this.#kind);
    this.at += length;
    return bytes;
  }

  /** The next byte, or undefined at the end. */
  next(): number | undefined {
    return this.at < this.file.length ? this.file[this.at++] : undefined;
  }
}
