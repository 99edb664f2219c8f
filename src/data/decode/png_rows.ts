import { ZlibStream } from './inflate.js';
import { cutShort } from './png_chunks.js';

/** Pixels of a picture that are stored together: all, or one of interlacing's seven passes. */
interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
}

const WHOLE: readonly Pass[] = [{ left: 0, top: 0, across: 1, down: 1 }];

/** Source: PNG specification, 8.2 */
const ADAM7: readonly Pass[] = [
  { left: 0, top: 0, across: 8, down: 8 },
  { left: 4, top: 0, across: 8, down: 8 },
  { left: 0, top: 4, across: 4, down: 8 },
  { left: 2, top: 0, across: 4, down: 4 },
  { left: 0, top: 2, across: 2, down: 4 },
  { left: 1, top: 0, across: 2, down: 2 },
  { left: 0, top: 1, across: 1, down: 2 },
];

/** A row of a pass: pixels from `left` on, each `across` from the last. */
export interface Row {
  readonly y: number;
  readonly left: number;
  readonly across: number;
  readonly count: number;
  /** Its bytes, until the next row is read. */
  readonly bytes: Uint8Array;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly interlaced: boolean;
}

/** Bytes that are inflated at a time: zlib is slow near the end of its output, so rows are taken together; not the last one, which must find input as PIL's does. */
const BATCH = 65_536;

/**
 * The rows of a PNG's compressed pixels, unfiltered. As in PIL, data that ends exactly behind a row leaves out the rows after it, data that ends inside a
 * row is refused, and data after the last row isn't looked at. Source: Pillow, src/libImaging/ZipDecode.c
 */
export function* readRows(blocks: Iterator<Uint8Array, void>, { width, height, bitsPerPixel, interlaced }: Layout): Generator<Row, void> {
  const stream = new ZlibStream();
  const distance = Math.ceil(bitsPerPixel / 8);
  for (const { left, top, across, down } of interlaced ? ADAM7 : WHOLE) {
    const count = Math.ceil((width - left) / across);
    if (count <= 0) continue;
    const length = 1 + Math.ceil((count * bitsPerPixel) / 8);
    const passRows = Math.ceil((height - top) / down);
    const batch = Math.max(1, Math.min(passRows, Math.floor(BATCH / length)));
    // The row above the batch comes first.
    const lines = new Uint8Array((batch + 1) * length);
    for (let first = 0, rows = 0; first < passRows; first += rows) {
      rows = Math.min(batch, Math.max(1, passRows - 1 - first));
      const filled = fillLines(stream, blocks, lines, length, rows);
      for (let i = 0; i < filled; i++) {
        const at = (i + 1) * length;
        unfilter(lines, at, length, distance);
        yield { y: top + (first + i) * down, left, across, count, bytes: lines.subarray(at + 1, at + length) };
      }
      if (stream.ended) return;
      lines.copyWithin(0, rows * length);
    }
  }
}

/** Inflates rows behind the one above them. Returns how many there were before the stream ended; the last one of a picture may end it too. */
function fillLines(
  stream: ZlibStream,
  blocks: Iterator<Uint8Array, void>,
  lines: Uint8Array<ArrayBuffer>,
  length: number,
  rows: number,
): number {
  const end = (rows + 1) * length;
  let filled = length;
  for (;;) {
    if (stream.waiting === 0) {
      const { value: block } = blocks.next();
      if (!block) throw cutShort();
      stream.give(block);
    }
    const at = stream.fill(lines, filled, end);
    if (at === undefined) throw new Error('the PNG data is broken: its compressed pixels are damaged');
    if (at === end) return rows;
    if (stream.ended) {
      if (at === filled || at % length !== 0) throw cutShort();
      return at / length - 1;
    }
    filled = at;
  }
}

/** Undoes the filter of the line at `at`, whose number is its first byte, by the line before it. Source: PNG specification, 9.2 */
function unfilter(lines: Uint8Array, at: number, length: number, distance: number): void {
  const start = at + 1;
  const end = at + length;
  const second = Math.min(end, start + distance);
  switch (lines[at]) {
    case 0:
      return;
    case 1:
      for (let i = second; i < end; i++) lines[i]! += lines[i - distance]!;
      return;
    case 2:
      for (let i = start; i < end; i++) lines[i]! += lines[i - length]!;
      return;
    case 3:
      for (let i = start; i < second; i++) lines[i]! += lines[i - length]! >> 1;
      for (let i = second; i < end; i++) lines[i]! += (lines[i - distance]! + lines[i - length]!) >> 1;
      return;
    case 4:
      for (let i = start; i < second; i++) lines[i]! += lines[i - length]!;
      for (let i = second; i < end; i++) lines[i]! += paeth(lines[i - distance]!, lines[i - length]!, lines[i - distance - length]!);
      return;
    default:
      throw new Error(`the PNG data is broken: a row has filter ${lines[at]}, which does not exist`);
  }
}

/** The neighbour that is nearest to left + above - diagonal. */
function paeth(left: number, above: number, diagonal: number): number {
  const toLeft = Math.abs(above - diagonal);
  const toAbove = Math.abs(left - diagonal);
  const toDiagonal = Math.abs(left + above - 2 * diagonal);
  if (toLeft <= toAbove && toLeft <= toDiagonal) return left;
  return toAbove <= toDiagonal ? above : diagonal;
}
