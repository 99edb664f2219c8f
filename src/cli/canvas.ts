import { PNG } from 'pngjs';
import type { Rgb } from '../inspect/colors.js';

/** RGB bytes [height, width, 3]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Glyphs of numbers, five pixels wide and seven high, a row each with the leftmost pixel as its highest bit. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  '0': [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
  '1': [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
  '2': [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
  '3': [0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110],
  '4': [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
  '5': [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
  '6': [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
  '7': [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
  '8': [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
  '9': [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
  '.': [0, 0, 0, 0, 0, 0b01100, 0b01100],
  '-': [0, 0, 0, 0b01110, 0, 0, 0],
  '+': [0, 0b00100, 0b00100, 0b11111, 0b00100, 0b00100, 0],
  e: [0, 0, 0b01110, 0b10001, 0b11111, 0b10000, 0b01110],
  '%': [0b11001, 0b11001, 0b00010, 0b00100, 0b01000, 0b10011, 0b10011],
};

/** Pixels from a character to the next, and the height of a line, at scale 1. */
const ADVANCE = 6;
const LINE = 7;

/** What a picture with numbers is drawn on: white at first. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #png: PNG;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#png = new PNG({ width, height });
    this.#png.data.fill(255);
  }

  /** Fills a rectangle; what lies outside is left out. */
  fill(left: number, top: number, width: number, height: number, [red, green, blue]: Rgb): void {
    for (let y = Math.max(top, 0); y < Math.min(top + height, this.height); y++) {
      for (let x = Math.max(left, 0); x < Math.min(left + width, this.width); x++) {
        const at = 4 * (y * this.width + x);
        this.#png.data[at] = Math.round(red);
        this.#png.data[at + 1] = Math.round(green);
        this.#png.data[at + 2] = Math.round(blue);
      }
    }
  }

  draw(left: number, top: number, { width, height, data }: RgbImage): void {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = 3 * (y * width + x);
        this.fill(left + x, top + y, 1, 1, [data[at]!, data[at + 1]!, data[at + 2]!]);
      }
    }
  }

  /** Writes a number: `align` says which of its edges stands at `x`. */
  number(text: string, x: number, top: number, align: 'left' | 'center' | 'right', scale = 2): void {
    const width = (ADVANCE * text.length - 1) * scale;
    let left = Math.round(x - (align === 'left' ? 0 : align === 'center' ? width / 2 : width));
    for (const character of text) {
      GLYPHS[character]?.forEach((row, y) => {
        for (let bit = 0; bit < 5; bit++) {
          if ((row >> (4 - bit)) & 1) this.fill(left + bit * scale, top + y * scale, scale, scale, [34, 34, 34]);
        }
      });
      left += ADVANCE * scale;
    }
  }

  toPng(): Uint8Array {
    return PNG.sync.write(this.#png, { colorType: 2 });
  }
}

/** Height of a line of numbers. */
export const lineHeight = (scale = 2): number => LINE * scale;
