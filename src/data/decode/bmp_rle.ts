/** A picture's size, and whether its first row comes first. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
}

/**
 * Indices of a BMP that is compressed by run lengths, top row first: a byte each, or two in a byte. Pixels that its code leaves out are refused.
 * Source: PIL/BmpImagePlugin.py, BmpRleDecoder
 */
export function runLengths(
  file: Uint8Array,
  start: number,
  { width, height, topDown }: Layout,
  twoInByte: boolean,
): Uint8Array<ArrayBuffer> {
  const total = width * height;
  // The last run may go beyond the end.
  const pixels = new Uint8Array(total + 255);
  let length = 0;
  let column = 0;
  let at = start;
  while (length < total && at + 1 < file.length) {
    const [count, value] = [file[at]!, file[at + 1]!];
    at += 2;
    if (count > 0) {
      const run = Math.max(0, Math.min(count, width - column));
      for (let i = 0; i < run; i++) pixels[length++] = twoInByte ? (i % 2 === 0 ? value >> 4 : value & 15) : value;
      column += run;
    } else if (value === 0) {
      length = Math.ceil(length / width) * width;
      column = 0;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      if (at + 1 >= file.length) break;
      length = Math.min(total, length + file[at]! + file[at + 1]! * width);
      column = length % width;
      at += 2;
    } else {
      const wanted = Math.min(total - length, value);
      const bytes = file.subarray(at, at + (twoInByte ? Math.ceil(wanted / 2) : wanted));
      for (let i = 0; i < wanted && i < bytes.length * (twoInByte ? 2 : 1); i++) {
        pixels[length++] = !twoInByte ? bytes[i]! : i % 2 === 0 ? bytes[i >> 1]! >> 4 : bytes[i >> 1]! & 15;
      }
      at += bytes.length;
      if (length === total) break;
      column += value;
      at += at % 2;
    }
  }
  if (length < total) throw new Error('the BMP data is broken: its run lengths leave out pixels');
  if (topDown) return pixels.slice(0, total);
  const flipped = new Uint8Array(total);
  for (let y = 0; y < height; y++) flipped.set(pixels.subarray(y * width, (y + 1) * width), (height - 1 - y) * width);
  return flipped;
}
