import { cutShort, type Reader } from './reader.js';

/** Bits of a code at most, and codes. */
const MOST_BITS = 12;
const CODES = 1 << MOST_BITS;

/** Bytes that PIL reads at a time, beyond which it looks where data goes on after its end mark. Source: PIL/ImageFile.py, MAXBLOCK */
const PIECE = 65_536;

const broken = (): Error => new Error('the GIF data is broken: a code stands for nothing');

/**
 * Unpacks a GIF picture's indices, from the byte that says of how many bits a pixel is, and calls `put` for each. Throws where data ends before the last
 * pixel, as PIL does. Source: PIL's src/libImaging/GifDecode.c; the code is Lempel, Ziv and Welch's with codes of growing length.
 */
export function unpackGif(
  reader: Reader,
  { width, height, interlaced }: { readonly width: number; readonly height: number; readonly interlaced: boolean },
  put: (x: number, y: number, index: number) => void,
): void {
  const bits = reader.take(1)[0]!;
  if (bits > MOST_BITS) throw new Error(`the GIF data is broken: it declares ${bits} bits a pixel`);
  const clear = 1 << bits;
  const codes = new Codes(reader);
  const rows = rowOrder(height, interlaced);
  let row = 0;
  let x = 0;
  // Each code from `clear` + 2 on is another code and one more index.
  const lasts = new Uint8Array(CODES);
  const links = new Uint16Array(CODES);
  const string = new Uint8Array(CODES + 1);
  let next = clear + 2;
  let size = bits + 1;
  let previous = -1;
  let first = 0;
  for (;;) {
    let code = codes.read(size);
    if (code === clear) {
      next = clear + 2;
      size = bits + 1;
      previous = -1;
      continue;
    }
    if (code === clear + 1) {
      codes.passEnd();
      continue;
    }
    let at = string.length;
    if (previous < 0) {
      if (code > clear) throw broken();
      first = code;
      previous = code;
    } else {
      if (code > next) throw broken();
      const whole = code;
      if (code === next) {
        string[--at] = first;
        code = previous;
      }
      while (code >= clear) {
        if (at <= 1 || code >= CODES) throw broken();
        string[--at] = lasts[code]!;
        code = links[code]!;
      }
      first = code;
      if (next < CODES) {
        lasts[next] = code;
        links[next] = previous;
        if (next === 2 ** size - 1 && size < MOST_BITS) size += 1;
        next += 1;
      }
      previous = whole;
    }
    string[--at] = first;
    for (; at < string.length; at++) {
      put(x, rows[row]!, string[at]!);
      if (++x === width) {
        x = 0;
        if (++row === rows.length) return;
      }
    }
  }
}

/** Rows in the order in which they come: interlaced, each eighth, those between, and so on. */
function rowOrder(height: number, interlaced: boolean): readonly number[] {
  const passes = interlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  return passes.flatMap(([start, step]) =>
    Array.from({ length: Math.ceil(Math.max(0, height - start!) / step!) }, (_, i) => start! + i * step!),
  );
}

/** The codes in a picture's blocks: a byte that says how many follow, and these. */
class Codes {
  readonly #reader: Reader;
  /** What PIL has read of the file. */
  #given: number;
  #left = 0;
  #buffer = 0;
  #bits = 0;

  constructor(reader: Reader) {
    this.#reader = reader;
    this.#given = reader.at + PIECE;
  }

  read(size: number): number {
    const { file } = this.#reader;
    while (this.#bits < size) {
      if (this.#left > 0) {
        this.#buffer |= file[this.#reader.at++]! << this.#bits;
        this.#bits += 8;
        this.#left -= 1;
        continue;
      }
      const length = this.#reader.next();
      if (length === undefined || this.#reader.at + length > file.length) throw cutShort('GIF');
      while (this.#reader.at + length > this.#given) this.#given += PIECE;
      this.#left = length;
    }
    const code = this.#buffer & (2 ** size - 1);
    this.#buffer >>>= size;
    this.#bits -= size;
    return code;
  }

  /** PIL passes over an end that comes too early if the file has another piece, which goes on. */
  passEnd(): void {
    if (this.#given >= this.#reader.file.length) throw cutShort('GIF');
    this.#given += PIECE;
  }
}
