import { ZlibStream } from './inflate.js';
import { brokenTiff, unreadTiff } from './tiff_tags.js';

/** Undoes a block's compression. Throws where there is less than `length`. Source: TIFF 6.0, sections 9 and 13; Adobe's technical note on Flate */
export function unpackBlock(compression: number, bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(length);
  switch (compression) {
    case 5:
      unpackLzw(bytes, output);
      break;
    case 8:
    case 32_946:
      inflate(bytes, output);
      break;
    case 32_773:
      unpackBits(bytes, output);
      break;
    default:
      throw unreadTiff(`compression ${COMPRESSIONS[compression] ?? `number ${compression}`}`);
  }
  return output;
}

const COMPRESSIONS: Readonly<Record<number, string>> = {
  2: 'CCITT',
  3: 'CCITT Group 3',
  4: 'CCITT Group 4',
  6: 'JPEG of the old kind',
  7: 'JPEG',
  34925: 'LZMA',
  50000: 'Zstandard',
  50001: 'WebP',
};

const short = (): Error => brokenTiff('a block holds too little data');

function inflate(bytes: Uint8Array, output: Uint8Array<ArrayBuffer>): void {
  const stream = new ZlibStream();
  stream.give(bytes);
  let filled = 0;
  while (filled < output.length) {
    const at = stream.fill(output, filled, output.length);
    if (at === undefined || (at === filled && stream.waiting === 0) || (at < output.length && stream.ended)) throw short();
    filled = at;
  }
}

/** Apple's PackBits: a signed byte, and as many bytes as they are, or one byte so many times. */
function unpackBits(bytes: Uint8Array, output: Uint8Array): void {
  let at = 0;
  let filled = 0;
  while (filled < output.length) {
    if (at >= bytes.length) throw short();
    const kind = bytes[at++]!;
    if (kind === 128) continue;
    if (kind > 128) {
      if (at >= bytes.length) throw short();
      const end = filled + 257 - kind;
      output.fill(bytes[at++]!, filled, end);
      filled = end;
    } else {
      if (at + kind + 1 > bytes.length) throw short();
      output.set(bytes.subarray(at, at + Math.min(kind + 1, output.length - filled)), filled);
      at += kind + 1;
      filled += kind + 1;
    }
  }
}

const CLEAR = 256;
const END = 257;
const MOST_CODES = 4096;

/** Lempel, Ziv and Welch's codes of 9 to 12 bits, the first bit first; a code grows one code before it must. */
function unpackLzw(bytes: Uint8Array, output: Uint8Array): void {
  if (bytes[0] === 0 && (bytes[1]! & 1) === 1) throw unreadTiff('LZW compression of the old kind');
  // A code is a place in the output, where its string was first written, and a length.
  const places = new Uint32Array(MOST_CODES);
  const lengths = new Uint16Array(MOST_CODES);
  let next = END + 1;
  let size = 9;
  let previous = -1;
  let previousPlace = 0;
  let filled = 0;
  for (let bit = 0; filled < output.length; ) {
    if (bit + size > bytes.length * 8) throw short();
    const at = bit >> 3;
    const window = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const code = (window >> (24 - size - (bit & 7))) & ((1 << size) - 1);
    bit += size;
    if (code === END) throw short();
    if (code === CLEAR) {
      next = END + 1;
      size = 9;
      previous = -1;
      continue;
    }
    if (previous < 0 ? code > 255 : code > next || (code === next && next >= MOST_CODES)) throw brokenTiff('a code stands for nothing');
    const place = filled;
    if (previous >= 0 && next < MOST_CODES) {
      places[next] = previousPlace;
      lengths[next] = (previous < CLEAR ? 1 : lengths[previous]!) + 1;
    }
    if (code < CLEAR) output[filled++] = code;
    else for (let i = 0, from = places[code]!; i < lengths[code]! && filled < output.length; i++) output[filled++] = output[from++]!;
    if (previous >= 0 && next < MOST_CODES) {
      next += 1;
      if (next >= 2 ** size - 1 && size < 12) size += 1;
    }
    previous = code;
    previousPlace = place;
  }
}

/** Undoes the differences to the sample on the left. `stride`: samples of a pixel. Source: TIFF 6.0, section 14 */
export function addDifferences(block: Uint8Array, rowLength: number, stride: number, bits: number, littleEndian: boolean): void {
  if (bits !== 8 && bits !== 16) throw unreadTiff(`differences of ${bits} bits`);
  for (let row = 0; row < block.length; row += rowLength) {
    const end = row + rowLength;
    if (bits === 8) {
      for (let i = row + stride; i < end; i++) block[i]! += block[i - stride]!;
      continue;
    }
    const low = littleEndian ? 0 : 1;
    for (let i = row + 2 * stride; i < end; i += 2) {
      const left = i - 2 * stride;
      const sum = block[i + low]! + block[left + low]!;
      block[i + low] = sum;
      block[i + 1 - low]! += block[left + 1 - low]! + (sum >> 8);
    }
  }
}
