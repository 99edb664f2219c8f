import { mixInks } from './cmyk.js';
import { type DecodedImage, SIXTEEN_BITS } from './image.js';
import { checkSize } from './limits.js';
import { cutShort } from './reader.js';
import { brokenTiff, readTags, type TAGS, type TiffTags, unreadTiff } from './tiff_tags.js';
import { addDifferences, unpackBlock } from './tiff_unpack.js';

/** How a picture's samples are kept, all of one number of bits. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly samples: number;
  /** 0 white is 0, 1 black is 0, 2 RGB, 3 palette, 5 inks. */
  readonly photometric: number;
  /** What the samples after the colours are: 0 nothing, 1 alpha by which the colours are multiplied, 2 alpha. */
  readonly extra: number | undefined;
  readonly separate: boolean;
}

/** A part of the picture that lies in the file by itself: a strip, or a tile, of which columns and rows may lie outside the picture. */
interface Block {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly rows: number;
  /** Of planes, which. */
  readonly plane: number;
}

/** Kinds of 8 bits and of 16: colours, and what may follow them. */
const COLORS: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4 };

/** The first picture of a TIFF, of the kinds that people keep photographs in, turned as its orientation says. Source: PIL/TiffImagePlugin.py, OPEN_INFO */
export function decodeTiff(file: Uint8Array): DecodedImage {
  const tags = readTags(file);
  const layout = layoutOf(tags);
  const samples = readSamples(file, tags, layout);
  const { width, height, photometric, bits } = layout;
  const image: DecodedImage = { width, height, ...toColors(samples, layout, tags) };
  const turned = turn(image, one(tags, 'orientation', 1));
  return bits === 16 && photometric < 2 ? { ...turned, refusals: { grayscale: SIXTEEN_BITS } } : turned;
}

/** A tag's only value. */
function one({ values }: TiffTags, name: keyof typeof TAGS, otherwise?: number): number {
  const value = values[name]?.[0] ?? otherwise;
  if (value === undefined) throw brokenTiff(`it does not say its ${name}`);
  return value;
}

function layoutOf(tags: TiffTags): Layout {
  const { values } = tags;
  const [width, height] = [one(tags, 'width'), one(tags, 'height')];
  checkSize(width, height);
  const photometric = one(tags, 'photometric', 0);
  const colors = COLORS[photometric];
  if (!colors) throw unreadTiff(`colours of kind ${photometric}`);
  if (values.sampleFormat?.some(format => format !== 1)) throw unreadTiff('samples that are signed or floating-point numbers');
  if (one(tags, 'fillOrder', 1) !== 1) throw unreadTiff('reversed bits');
  const samples = one(tags, 'samples', 1);
  const depths = values.bits ?? [1];
  const bits = depths[0]!;
  if (depths.some(depth => depth !== bits)) throw unreadTiff('samples of different depths');
  if (depths.length !== 1 && depths.length < samples) throw brokenTiff(`it has ${samples} samples a pixel and depths of ${depths.length}`);
  const extras = values.extraSamples ?? [];
  // Four samples of RGB without a word on the last are taken for RGBA, Corel Draw's 999 too.
  const extra = extras[0] === 999 || (photometric === 2 && samples === 4 && extras.length === 0) ? 2 : extras[0];
  const isGrey = photometric < 2;
  const depthsRead = photometric === 2 ? [8, 16] : photometric === 5 ? [8] : isGrey && samples === 1 ? [1, 2, 4, 8, 16] : [8];
  const known = photometric === 3 && samples === 1 ? [1, 2, 4, 8] : depthsRead;
  const fits = samples === colors + (extra === undefined ? 0 : 1) && extras.length <= 1;
  const knownExtra = extra === undefined || (photometric === 2 ? extra <= 2 : photometric === 1 && (extra === 0 || extra === 2));
  if (!fits || !knownExtra || !known.includes(bits))
    throw unreadTiff(`${samples} samples of ${bits} bits a pixel and colours of kind ${photometric}`);
  const planar = one(tags, 'planar', 1);
  if (planar !== 1 && planar !== 2 && one(tags, 'compression', 1) !== 1)
    throw brokenTiff(`its planes are kept in way ${planar}, wanted 1 or 2`);
  const separate = planar === 2 && samples > 1;
  if (separate && (bits !== 8 || extra === 0 || extra === 1 || isGrey)) throw unreadTiff('planes of this kind');
  return { width, height, bits, samples, photometric, extra, separate };
}

/** All samples, pixel by pixel, each row beginning at a byte. */
function readSamples(file: Uint8Array, tags: TiffTags, layout: Layout): Uint8Array {
  const { width, height, bits, samples, separate } = layout;
  const compression = one(tags, 'compression', 1);
  const orientation = one(tags, 'orientation', 1);
  if (compression !== 1 && (orientation < 1 || orientation > 8)) throw brokenTiff(`its orientation is ${orientation}, wanted 1 to 8`);
  const predictor = compression === 5 || compression === 8 || compression === 32_946 ? one(tags, 'predictor', 1) : 1;
  if (predictor !== 1 && predictor !== 2) throw unreadTiff(`predictor ${predictor}`);
  const inBlock = separate ? 1 : samples;
  const bytes = Math.ceil((width * samples * bits) / 8);
  const isTiled = tags.values.stripOffsets === undefined;
  const offsets = tags.values[isTiled ? 'tileOffsets' : 'stripOffsets'];
  const lengths = tags.values[isTiled ? 'tileLengths' : 'stripLengths'];
  const blocks = blocksOf(tags, layout, isTiled);
  if (offsets?.length !== blocks.length) throw brokenTiff(`it has ${offsets?.length ?? 0} blocks, wanted ${blocks.length}`);
  const least = compression === 1 ? bytes * height : (bytes * height) / MOST_PACKED;
  if (file.length < least) throw cutShort('TIFF');
  const data = new Uint8Array(bytes * height);
  for (const [i, block] of blocks.entries()) {
    const rowLength = Math.ceil((block.width * inBlock * bits) / 8);
    const length = rowLength * block.rows;
    let packed: Uint8Array;
    if (compression === 1) {
      packed = file.subarray(offsets[i]!, offsets[i]! + length);
      if (packed.length < length) throw cutShort('TIFF');
    } else {
      const end = offsets[i]! + (lengths?.[i] ?? 0);
      if (end > file.length || end === offsets[i]) throw cutShort('TIFF');
      packed = unpackBlock(compression, file.subarray(offsets[i]!, end), length);
      if (predictor === 2) addDifferences(packed, rowLength, inBlock, bits, tags.littleEndian);
    }
    const rows = Math.min(block.rows, height - block.top);
    const columns = Math.min(block.width, width - block.left);
    for (let y = 0; y < rows; y++) {
      const row = packed.subarray(y * rowLength, y * rowLength + Math.ceil((columns * inBlock * bits) / 8));
      const to = (block.top + y) * bytes;
      if (separate) for (let x = 0; x < columns; x++) data[to + (block.left + x) * samples + block.plane] = row[x]!;
      else data.set(row, to + (block.left * samples * bits) / 8);
    }
  }
  return data;
}

/** Bytes that a byte stands for at most in the compressions that are read: deflate's limit. */
const MOST_PACKED = 1032;

function blocksOf(tags: TiffTags, { width, height, samples, bits, separate }: Layout, isTiled: boolean): readonly Block[] {
  const across = isTiled ? one(tags, 'tileWidth') : width;
  const down = Math.min(isTiled ? one(tags, 'tileHeight') : one(tags, 'rowsPerStrip', height), isTiled ? Number.POSITIVE_INFINITY : height);
  if (across < 1 || down < 1 || across * down > 2 * Math.max(width * height, 1 << 24))
    throw brokenTiff(`its blocks have ${across} x ${down} pixels`);
  if (isTiled && (across * samples * bits) % 8 !== 0) throw unreadTiff('tiles that end within a byte');
  const count = Math.ceil(width / across) * Math.ceil(height / down);
  if (count > 1 << 22) throw brokenTiff(`it declares ${count} blocks`);
  const blocks: Block[] = [];
  for (let plane = 0; plane < (separate ? samples : 1); plane++) {
    for (let top = 0; top < height; top += down) {
      const rows = isTiled ? down : Math.min(down, height - top);
      for (let left = 0; left < width; left += across) blocks.push({ left, top, width: across, rows, plane });
    }
  }
  return blocks;
}

type Colors = Pick<DecodedImage, 'channels' | 'data'>;

function toColors(samples: Uint8Array, layout: Layout, tags: TiffTags): Colors {
  const { width, height, bits, photometric, extra } = layout;
  const pixels = width * height;
  if (photometric === 5) return { channels: 3, data: mixInks(samples.map(ink => 255 - ink)) };
  if (photometric === 2) return colorsOf(samples, layout, tags.littleEndian);
  if (extra !== undefined) {
    if (extra === 0) return { channels: 1, data: Uint8Array.from({ length: pixels }, (_, i) => samples[2 * i]!) };
    return { channels: 4, data: Uint8Array.from({ length: 4 * pixels }, (_, i) => samples[2 * (i >> 2) + ((i & 3) === 3 ? 1 : 0)]!) };
  }
  const values = new Uint8Array(pixels);
  const bytes = Math.ceil((width * bits) / 8);
  const [low, high] = tags.littleEndian ? [0, 1] : [1, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      // PIL cuts grey of 16 bits off at 255, and takes no heed of which end is white.
      if (bits === 16) values[i] = samples[2 * i + high]! > 0 ? 255 : samples[2 * i + low]!;
      else values[i] = (samples[y * bytes + ((x * bits) >> 3)]! >> (8 - bits - ((x * bits) & 7))) & (2 ** bits - 1);
    }
  }
  if (photometric === 3) return { channels: 3, data: lookUp(values, tags, bits) };
  if (bits < 16) {
    const scale = 255 / (2 ** bits - 1);
    for (let i = 0; i < pixels; i++) values[i] = photometric === 0 ? 255 - values[i]! * scale : values[i]! * scale;
  }
  return { channels: 1, data: values };
}

/** RGB and what follows, of 16 bits the high bytes. */
function colorsOf(samples: Uint8Array, { width, height, bits, samples: count, extra }: Layout, littleEndian: boolean): Colors {
  const channels = extra === 1 || extra === 2 ? 4 : 3;
  const step = bits / 8;
  const high = bits === 16 && littleEndian ? 1 : 0;
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < channels; c++) data[pixel * channels + c] = samples[(pixel * count + c) * step + high]!;
    const alpha = data[pixel * channels + 3]!;
    if (extra !== 1 || alpha === 255) continue;
    for (let c = 0; c < 3; c++) data[pixel * 4 + c] = alpha === 0 ? 0 : Math.min(255, Math.trunc((data[pixel * 4 + c]! * 255) / alpha));
  }
  return { channels, data };
}

/** The palette's colours, of which the high bytes count: all reds, all greens, all blues. */
function lookUp(indices: Uint8Array, { values: { colorMap } }: TiffTags, bits: number): Uint8Array {
  if (!colorMap || colorMap.length % 3 !== 0 || colorMap.length > 3 * 256)
    throw brokenTiff(`its palette has ${colorMap?.length ?? 0} numbers, wanted ${3 * 2 ** bits}`);
  const colors = colorMap.length / 3;
  const data = new Uint8Array(3 * indices.length);
  for (let i = 0; i < indices.length; i++) {
    for (let c = 0; c < 3; c++) data[3 * i + c] = indices[i]! < colors ? colorMap[c * colors + indices[i]!]! >> 8 : 0;
  }
  return data;
}

/** Mirrored or turned, by TIFF's orientations 2 to 8. Source: PIL/ImageOps.py, exif_transpose */
function turn(image: DecodedImage, orientation: number): DecodedImage {
  if (orientation < 2 || orientation > 8) return image;
  const { width, height, channels, data } = image;
  const isTransposed = orientation >= 5;
  const size = isTransposed ? { width: height, height: width } : { width, height };
  const mirrorsX = [2, 3, 7, 8].includes(orientation);
  const mirrorsY = [3, 4, 6, 7].includes(orientation);
  const turned = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, to += channels) {
      const [column, row] = isTransposed ? [y, x] : [x, y];
      const from = ((mirrorsY ? height - 1 - row : row) * width + (mirrorsX ? width - 1 - column : column)) * channels;
      for (let c = 0; c < channels; c++) turned[to + c] = data[from + c]!;
    }
  }
  return { ...image, ...size, data: turned };
}
