import type { Samples } from './magick.js';
import { cutShort } from './reader.js';

/** A JPEG's frame header. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3 | 4;
  readonly arithmetic: boolean;
  /** Where its marker lies, and that of the first scan. */
  readonly at: number;
  readonly scan: number;
}

const broken = (what: string): Error => new Error(`the JPEG data is broken: ${what}`);

/** Markers that begin a frame: SOF0 to SOF15 and DHP, without DHT, JPG and DAC. */
const isFrame = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xde;

/** Markers without a segment: JPG, RST0 to RST7, SOI, EOI, JPG0 to JPG13. */
const isBare = (marker: number): boolean => marker === 0xc8 || (marker >= 0xd0 && marker <= 0xd9) || (marker >= 0xf0 && marker <= 0xfd);

/** Scans that a file may have: progressive ones have about 10, and each is a walk over all pixels. */
const MOST_SCANS = 1000;

/**
 * The last frame header before the first scan, found as PIL finds it: other bytes between segments are passed over.
 * Source: PIL/JpegImagePlugin.py, _open
 */
export function readFrame(file: Uint8Array): Frame {
  let frame: Omit<Frame, 'scan'> | undefined;
  let at = 2;
  while (at + 1 < file.length) {
    const marker = file[at + 1]!;
    if (file[at] !== 0xff || marker === 0xff) at += 1;
    else if (marker === 0 || isBare(marker)) at += 2;
    else if (marker < 0xc0) throw broken(`an unknown marker ff ${marker.toString(16).padStart(2, '0')} before its pixels`);
    else {
      const length = Math.max(2, file[at + 2]! * 256 + file[at + 3]!);
      const segment = file.subarray(at + 4, at + 2 + length);
      // Also where not even the length is there, a NaN.
      if (segment.length !== length - 2) throw cutShort('JPEG');
      if (isFrame(marker)) frame = frameOf(segment, marker, at);
      else if (marker === 0xdb) checkTables(segment);
      else if (marker === 0xda) break;
      at += 2 + length;
    }
  }
  if (!frame || at + 1 >= file.length) throw broken('it has no frame header before its pixels');
  checkScans(file, frame);
  return { ...frame, scan: at };
}

function frameOf(segment: Uint8Array, marker: number, at: number): Omit<Frame, 'scan'> {
  const [bits, high, low, left, right, components] = segment;
  if (bits !== undefined && bits !== 8) {
    throw new Error(`it is a JPEG with ${bits} bits a sample, which is not read; convert it to PNG or to a JPEG with 8`);
  }
  if (components !== 1 && components !== 3 && components !== 4) {
    throw broken(`its frame header declares ${components ?? 'no'} colour components, wanted 1, 3 or 4`);
  }
  return { width: left! * 256 + right!, height: high! * 256 + low!, components, arithmetic: marker > 0xc8 && marker < 0xde, at };
}

/** Quantization tables: a byte that says of which precision, and 64 numbers of 1 or 2 bytes, any number of times. */
function checkTables(segment: Uint8Array): void {
  let at = 0;
  while (at < segment.length) at += 1 + 64 * (segment[at]! < 16 ? 1 : 2);
  if (at !== segment.length) throw broken('a quantization table is too short');
}

/** Throws where a file has more scans than any picture needs, or these take too long. Within scans ff is never followed by da. */
function checkScans(file: Uint8Array, { width, height }: Omit<Frame, 'scan'>): void {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  let scans = 0;
  for (let at = bytes.indexOf('\xff\xda', 0, 'latin1'); at !== -1; at = bytes.indexOf('\xff\xda', at + 2, 'latin1')) scans += 1;
  if (scans > MOST_SCANS || scans * width * height > 2 ** 32)
    throw broken(`it has too many scans: ${scans} of ${width} x ${height} pixels`);
}

/** How far from the middle samples of 12 bits may lie, in steps of 16: 352. Two colours so far apart are differences of 502, under 512. */
const FARTHEST = 22;

/**
 * Whether samples go so far beyond their 8 bits (±128; damaged files do) that codecs part from each other: from ±512 on libjpeg's C code wraps around,
 * its vector code, which PIL runs, does not. Shown by the same file read with samples of 12 bits, which have the same scale and 16 times the room.
 */
export async function isBeyondRange(
  file: Uint8Array,
  { at, scan, components }: Frame,
  read: (file: Uint8Array) => Promise<Samples>,
): Promise<boolean> {
  const wide = Buffer.from(file);
  if (wide[at + 1] === 0xc0) wide[at + 1] = 0xc1;
  wide[at + 4] = 12;
  const { data } = await read(components === 1 ? withThree(wide, at) : components === 4 ? withAdobe(wide, scan) : wide);
  for (const sample of data) if (Math.abs(sample - 128) > FARTHEST) return true;
  return false;
}

/** A grey JPEG whose header declares two more colours, which have no scans. */
function withThree(file: Buffer, at: number): Buffer {
  const header = file.subarray(at, at + 13);
  const id = header[10]!;
  const colour = [1, 2].flatMap(more => [(id + more) & 255, 0x11, header[12]!]);
  header[3] = 17;
  header[9] = 3;
  header[11] = 0x11;
  return Buffer.concat([file.subarray(0, at + 13), Buffer.from(colour), file.subarray(at + 13)]);
}

/** A JPEG in four colours, said to be those that are stored. */
function withAdobe(file: Buffer, scan: number): Buffer {
  return Buffer.concat([file.subarray(0, scan), Buffer.from('\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0', 'latin1'), file.subarray(scan)]);
}
