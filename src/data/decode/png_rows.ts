import { inflateSound, ZlibStream } from './inflate.js';
import { cutShort, type PngChunks } from './png_chunks.js';

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
export function* readRows(chunks: PngChunks, layout: Layout): Generator<Row, void> {
  const { width, height, bitsPerPixel, interlaced } = layout;
  const sound = interlaced ? undefined : soundLines(chunks, layout);
  if (sound) {
    yield* soundRows(sound, layout);
    return;
  }
  const blocks = chunks.pixels();
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
        const bytes = lines.subarray(at + 1, at + length);
        unfilter(lines[at]!, bytes, lines.subarray(at + 1 - length, at), distance);
        yield { y: top + (first + i) * down, left, across, count, bytes };
      }
      if (stream.ended) return;
      lines.copyWithin(0, rows * length);
    }
  }
}

const lineOf = ({ width, bitsPerPixel }: Layout): number => 1 + Math.ceil((width * bitsPerPixel) / 8);

/** The lines of a picture that is as it should be, as most are: no other reader would find less or more in it. */
function soundLines(chunks: PngChunks, layout: Layout): Uint8Array | undefined {
  const input = chunks.peekPixels();
  return input && inflateSound(input, layout.height * lineOf(layout));
}

function* soundRows(lines: Uint8Array, layout: Layout): Generator<Row, void> {
  const length = lineOf(layout);
  const distance = Math.ceil(layout.bitsPerPixel / 8);
  let above: Uint8Array = new Uint8Array(length - 1);
  for (let y = 0; y < layout.height; y++) {
    const bytes = lines.subarray(y * length + 1, (y + 1) * length);
    unfilter(lines[y * length]!, bytes, above, distance);
    yield { y, left: 0, across: 1, count: layout.width, bytes };
    above = bytes;
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

/** Undoes a line's filter, by the line above it. Source: PNG specification, 9.2 */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, distance: number): void {
  const { length } = line;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = distance; i < length; i++) line[i]! += line[i - distance]!;
      return;
    case 2:
      for (let i = 0; i < length; i++) line[i]! += above[i]!;
      return;
    case 3:
      for (let i = 0; i < distance && i < length; i++) line[i]! += above[i]! >> 1;
      for (let i = distance; i < length; i++) line[i]! += (line[i - distance]! + above[i]!) >> 1;
      return;
    case 4:
      for (let i = 0; i < distance && i < length; i++) line[i]! += above[i]!;
      for (let i = distance; i < length; i++) line[i]! += paeth(line[i - distance]!, above[i]!, above[i - distance]!);
      return;
    default:
      throw new Error(`the PNG data is broken: a row has filter ${filter}, which does not exist`);
  }
}

/** The neighbour that is nearest to left + above - diagonal, without branches: which it is changes so often that a processor guesses wrong. */
function paeth(left: number, above: number, diagonal: number): number {
  const toLeft = Math.abs(above - diagonal);
  const toAbove = Math.abs(left - diagonal);
  const toDiagonal = Math.abs(left + above - 2 * diagonal);
  const isAbove = (toAbove - toLeft) >> 31;
  const nearest = left + ((above - left) & isAbove);
  const isDiagonal = (toDiagonal - toLeft - ((toAbove - toLeft) & isAbove)) >> 31;
  return nearest + ((diagonal - nearest) & isDiagonal);
}
