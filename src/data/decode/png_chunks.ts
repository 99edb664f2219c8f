import { crc32 } from './crc32.js';
import { PngTexts } from './png_text.js';

/** What a PNG file declares before its pixels. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a channel. */
  readonly bits: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colorType: number;
  readonly interlaced: boolean;
  /** RGB triples. */
  readonly palette?: Uint8Array | undefined;
  /** The part of the picture that an animation's first frame fills: its first column and row, and those after its last. */
  readonly frame?: readonly [left: number, top: number, right: number, bottom: number] | undefined;
}

/** Bits that each kind of colour may have. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

/** Bytes that chunks have at least. */
const SHORTEST: Readonly<Record<string, number>> = { IHDR: 13, gAMA: 4, cHRM: 32, sRGB: 1, pHYs: 9, acTL: 8, fcTL: 26 };

/** Bytes of pixel data that PIL reads at a time. Source: PIL/ImageFile.py, MAXBLOCK */
const BLOCK = 65_536;

const broken = (what: string) => new Error(`the PNG data is broken: ${what}`);

export const cutShort = () => new Error('the PNG data ends too early: the file is cut short');

interface Chunk {
  readonly name: string;
  readonly length: number;
}

/**
 * A PNG file's chunks, read in PIL's order and with its checks: checksums count before the pixels and not after them, and nothing after the end counts.
 * Source: PIL/PngImagePlugin.py
 */
export class PngChunks {
  readonly #file: Uint8Array;
  readonly #texts = new PngTexts();
  #at = 8;
  /** Bytes of the current chunk of pixels that are not read yet. */
  #pending = 0;
  #header: PngHeader | undefined;
  #transparency: Uint8Array | undefined;
  #hasPixels = false;
  /** Frames that an animation declares. */
  #frames: number | undefined;
  #isAnimated = false;
  #sequence: number | undefined;

  constructor(file: Uint8Array) {
    this.#file = file;
  }

  /** Content of the tRNS chunk, which counts even after the pixels. */
  get transparency(): Uint8Array | undefined {
    return this.#transparency;
  }

  /** Reads up to the pixels. */
  readHeader(): PngHeader {
    for (;;) {
      const chunk = this.#next();
      if (!chunk) throw this.#at === this.#file.length ? cutShort() : broken('a chunk has no name');
      const start = this.#at;
      if (chunk.name === 'IEND') throw broken('it has no pixels');
      if (this.#header && this.#beginsPixels(chunk)) {
        const frames = (this.#frames ?? 1) + (this.#frames && !this.#header.frame ? 1 : 0);
        this.#isAnimated = frames > 1;
        this.#hasPixels = true;
        return this.#header;
      }
      this.#take(chunk.name, this.#exactly(chunk.length));
      const sum = this.#exactly(4);
      if (viewOf(sum).getUint32(0) !== crc32(this.#file.subarray(start - 4, start + chunk.length))) {
        throw broken(`the checksum of its ${chunk.name} chunk is wrong`);
      }
    }
  }

  /** The compressed pixels in blocks, as PIL reads them; they end where another chunk begins or the file ends. */
  *pixels(): Generator<Uint8Array, void> {
    for (;;) {
      while (this.#pending === 0) {
        this.#read(4);
        const chunk = this.#next();
        if (!chunk) return;
        if (chunk.name === 'DDAT') this.#pending = chunk.length;
        else if (!this.#beginsPixels(chunk)) return;
      }
      const block = this.#read(Math.min(BLOCK, this.#pending));
      if (block.length === 0) return;
      this.#pending = Math.max(0, this.#pending - BLOCK);
      yield block;
    }
  }

  /** All that pixels() will give, where it is whole in chunks of its own; nothing is read by it. */
  peekPixels(): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    for (let at = this.#at; ; ) {
      const chunk = headOf(this.#file.subarray(at - 8, at));
      if (chunk?.name !== 'IDAT') break;
      if (at + chunk.length > this.#file.length) return undefined;
      parts.push(this.#file.subarray(at, at + chunk.length));
      at += chunk.length + 12;
    }
    return parts.length > 1 ? Buffer.concat(parts) : parts[0];
  }

  /** Reads what follows the pixels. */
  readEnd(): void {
    this.#read(this.#pending);
    for (;;) {
      this.#read(4);
      const chunk = this.#next();
      if (!chunk || chunk.name === 'IEND' || (chunk.name === 'fcTL' && this.#isAnimated)) return;
      if (this.#beginsPixels(chunk)) this.#exactly(this.#pending);
      else this.#take(chunk.name, this.#exactly(chunk.length));
    }
  }

  /** As many bytes, or as there are. */
  #read(length: number): Uint8Array {
    const bytes = this.#file.subarray(this.#at, this.#at + length);
    this.#at += bytes.length;
    return bytes;
  }

  #exactly(length: number): Uint8Array {
    const bytes = this.#read(length);
    if (bytes.length < length) throw cutShort();
    return bytes;
  }

  #next(): Chunk | undefined {
    return headOf(this.#read(8));
  }

  /** Whether a chunk holds pixels, which then come next. */
  #beginsPixels({ name, length }: Chunk): boolean {
    if (name === 'fdAT') {
      if (length < 4) throw broken('a frame of its animation is too short');
      if (this.#sequence === undefined) throw broken('its animation has a frame without a header');
      this.#inSequence(viewOf(this.#exactly(4)).getUint32(0));
    } else if (name !== 'IDAT') return false;
    this.#pending = name === 'fdAT' ? length - 4 : length;
    return true;
  }

  #inSequence(number: number): void {
    if (number !== (this.#sequence ?? -1) + 1) throw broken('frames of its animation are out of order');
    this.#sequence = number;
  }

  /** Takes what a chunk declares. Chunks of other names are no concern of ours. */
  #take(name: string, data: Uint8Array): void {
    if (data.length < (SHORTEST[name] ?? 0)) throw broken(`its ${name} chunk is too short`);
    const view = viewOf(data);
    switch (name) {
      case 'IHDR':
        this.#takeHeader(view);
        break;
      case 'PLTE':
        if (this.#header?.colorType === 3 && !this.#hasPixels) this.#header = { ...this.#header, palette: data };
        break;
      case 'tRNS':
        this.#takeTransparency(data);
        break;
      case 'acTL': {
        const frames = view.getUint32(0);
        // A second one makes the animation invalid, which then is a picture.
        if (this.#frames !== undefined) this.#frames = undefined;
        else if (frames > 0 && frames <= 2 ** 31) this.#frames = frames;
        break;
      }
      case 'fcTL':
        this.#takeFrame(view);
        break;
      case 'iCCP':
      case 'iTXt':
      case 'tEXt':
      case 'zTXt':
        this.#texts.take(name, data);
    }
  }

  #takeHeader(view: DataView): void {
    if (view.getUint8(11) !== 0) throw broken('its filter method is unknown');
    if (this.#hasPixels) return;
    const before = this.#header;
    const bits = view.getUint8(8);
    const colorType = view.getUint8(9);
    const isKnown = DEPTHS[colorType]?.includes(bits) ?? false;
    if (!isKnown && !before) throw broken(`it declares ${bits} bits of colour type ${colorType}, which do not exist`);
    if (isKnown && before && before.colorType !== colorType) throw broken('it has two headers that differ');
    const size = { width: view.getUint32(0), height: view.getUint32(4) };
    const kind = isKnown ? { bits, colorType } : { bits: before!.bits, colorType: before!.colorType };
    this.#header = { ...before, ...size, ...kind, interlaced: before?.interlaced || view.getUint8(12) !== 0 };
  }

  #takeTransparency(data: Uint8Array): void {
    const { colorType } = this.#header ?? { colorType: -1 };
    if (data.length < (colorType === 0 ? 2 : colorType === 2 ? 6 : 0)) throw broken('its tRNS chunk is too short');
    if (colorType === 0 || colorType === 2 || colorType === 3) this.#transparency = data;
  }

  #takeFrame(view: DataView): void {
    this.#inSequence(view.getUint32(0));
    const [width, height, left, top] = [4, 8, 12, 16].map(at => view.getUint32(at)) as [number, number, number, number];
    const { width: right, height: bottom } = this.#header ?? { width: 0, height: 0 };
    if (left + width > right || top + height > bottom) throw broken('a frame of its animation lies outside the picture');
    if (this.#header && !this.#hasPixels) this.#header = { ...this.#header, frame: [left, top, left + width, top + height] };
  }
}

/** A chunk's head: none where it has no name. */
function headOf(head: Uint8Array): Chunk | undefined {
  const name = String.fromCharCode(...head.subarray(4));
  return /^\w{4}$/.test(name) ? { name, length: viewOf(head).getUint32(0) } : undefined;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
