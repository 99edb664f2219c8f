import { cutShort, type Reader } from './reader.js';

const broken = (what: string): Error => new Error(`the PPM data is broken: ${what}`);

/** A whole number as Python's int reads it: with a sign, and underscores between digits. */
export function pythonInteger(word: string): number | undefined {
  return /^[+-]?\d+(_\d+)*$/.test(word) ? Number(word.replaceAll('_', '')) : undefined;
}

/** Bytes that PIL reads at a time; comments end as it finds their ends in these. Source: PIL/ImageFile.py, SAFEBLOCK */
const BLOCK = 1 << 20;

/** Pixels as text. Source: PIL/PpmImagePlugin.py, PpmPlainDecoder */
export class PnmNumbers {
  readonly #reader: Reader;
  #inComment = false;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** Digits 0 and 1, with spaces or without, in which 1 is black. */
  bits(count: number): Uint8Array {
    const data = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const block = this.#readBlock();
      if (block === '') throw cutShort('PPM');
      const digits = this.#withoutComments(block).replace(/[ \t-\r]+/g, '');
      const wrong = /[^01]/.exec(digits);
      if (wrong) throw broken(`${JSON.stringify(wrong[0])} among its pixels, wanted 0 or 1`);
      for (let i = 0; i < digits.length && filled < count; i++) data[filled++] = digits[i] === '1' ? 0 : 255;
    }
    return data;
  }

  /** Numbers from 0 to `most`, each brought to a byte. */
  numbers(count: number, most: number, scale: (value: number) => number): Uint8Array {
    const data = new Uint8Array(count);
    let filled = 0;
    let half = '';
    while (filled < count) {
      let block = this.#readBlock();
      if (block === '') {
        if (half === '') throw cutShort('PPM');
        block = ' ';
      }
      block = half + this.#withoutComments(block);
      half = '';
      const words = block.split(/[ \t-\r]+/).filter(word => word !== '');
      if (block !== '' && !/[ \t-\r]$/.test(block)) half = words.pop()!;
      if (half.length > 10) throw broken('a number among its pixels is too long');
      for (const word of words) {
        const value = word.length > 10 ? undefined : pythonInteger(word);
        if (value === undefined || value < 0 || value > most) {
          throw broken(`${JSON.stringify(word.slice(0, 11))} among its pixels, wanted a whole number up to ${most}`);
        }
        data[filled++] = scale(value);
        if (filled === count) break;
      }
    }
    return data;
  }

  #readBlock(): string {
    const { file, at } = this.#reader;
    const block = file.subarray(at, at + BLOCK);
    this.#reader.at += block.length;
    return Buffer.from(block.buffer, block.byteOffset, block.length).toString('latin1');
  }

  /** A block without what follows each # up to its line's end, which may lie in a later block. */
  #withoutComments(text: string): string {
    let block = text;
    while (this.#inComment && block !== '') {
      const end = lineEnd(block);
      block = end < 0 ? this.#readBlock() : block.slice(end + 1);
      if (end >= 0) this.#inComment = false;
    }
    this.#inComment = false;
    const parts: string[] = [];
    let at = 0;
    for (let start = block.indexOf('#'); start >= 0; start = block.indexOf('#', at)) {
      parts.push(block.slice(at, start));
      LINE_END.lastIndex = start;
      if (!LINE_END.test(block)) {
        this.#inComment = true;
        return parts.join('');
      }
      at = LINE_END.lastIndex;
    }
    return parts.join('') + block.slice(at);
  }
}

const LINE_END = /[\n\r]/g;

/** Where a block's first line ends, or -1. Of an end at 0 PIL takes the later one. */
function lineEnd(block: string): number {
  const feed = block.indexOf('\n');
  const carriage = block.indexOf('\r');
  return feed * carriage > 0 ? Math.min(feed, carriage) : Math.max(feed, carriage);
}
