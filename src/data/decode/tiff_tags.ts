import { cutShort } from './reader.js';

/** Numbers of the tags that say how a picture is kept. Source: TIFF 6.0, Appendix A */
export const TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripLengths: 279,
  planar: 284,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileLengths: 325,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** Bytes of a value by its type: BYTE, SHORT and LONG. */
const SIZES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };

const NAMES = new Map<number, keyof typeof TAGS>(Object.entries(TAGS).map(([name, tag]) => [tag, name as keyof typeof TAGS]));

export const brokenTiff = (what: string): Error => new Error(`the TIFF data is broken: ${what}`);

export const unreadTiff = (what: string): Error =>
  new Error(`it is a TIFF image with ${what}, which is not read; convert it to PNG or JPEG`);

/** A TIFF file's first directory. */
export interface TiffTags {
  readonly littleEndian: boolean;
  readonly view: DataView;
  readonly values: Readonly<Partial<Record<keyof typeof TAGS, readonly number[]>>>;
}

export function readTags(file: Uint8Array): TiffTags {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < 8) throw cutShort('TIFF');
  const littleEndian = file[0] === 0x49;
  const version = view.getUint16(2, littleEndian);
  if (version === 43) throw unreadTiff('64-bit offsets (BigTIFF)');
  if (version !== 42) throw brokenTiff(`its version is ${version}, wanted 42`);
  const start = view.getUint32(4, littleEndian);
  if (start + 2 > file.length) throw cutShort('TIFF');
  const count = view.getUint16(start, littleEndian);
  if (start + 2 + 12 * count > file.length) throw cutShort('TIFF');
  const values: Partial<Record<keyof typeof TAGS, readonly number[]>> = {};
  for (let i = 0; i < count; i++) {
    const at = start + 2 + 12 * i;
    const name = NAMES.get(view.getUint16(at, littleEndian));
    if (!name) continue;
    if (values[name]) throw brokenTiff(`it says its ${name} twice`);
    values[name] = readValues(view, at, name, littleEndian);
  }
  return { littleEndian, view, values };
}

function readValues(view: DataView, at: number, name: string, littleEndian: boolean): readonly number[] {
  const type = view.getUint16(at + 2, littleEndian);
  const count = view.getUint32(at + 4, littleEndian);
  const size = SIZES[type];
  if (!size) throw brokenTiff(`its ${name} is of type ${type}, wanted a whole number`);
  const from = count * size <= 4 ? at + 8 : view.getUint32(at + 8, littleEndian);
  if (count === 0 || from + count * size > view.byteLength) throw brokenTiff(`its ${name} lies outside the file`);
  return Array.from({ length: count }, (_, i) => {
    if (size === 1) return view.getUint8(from + i);
    return size === 2 ? view.getUint16(from + 2 * i, littleEndian) : view.getUint32(from + 4 * i, littleEndian);
  });
}
