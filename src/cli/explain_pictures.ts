import { resize } from '../data/resize.js';
import { diverging, mix, type Rgb, viridis } from '../inspect/colors.js';
import { resizeMap } from '../inspect/grad_cam.js';
import { Canvas, lineHeight, type RgbImage } from './canvas.js';

/** Pixels that the shorter side of a picture gets at least, as whole multiples of it. */
const SHOWN = 420;
const MARGIN = 8;
const BAR = 14;

/** A map over a picture, in the picture's proportions. */
export interface Overlay {
  readonly map: Float32Array;
  readonly height: number;
  readonly width: number;
  /** 'viridis': from 0 to what 99 % of the values reach; 'diverging': around 0, as far as the largest value without its sign. */
  readonly scale: 'viridis' | 'diverging';
}

/** A number for a legend or under a picture: two or three digits, whatever its size. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1000 || size < 0.001 ? value.toExponential(1) : value.toPrecision(size >= 100 ? 3 : 2);
}

/** The share of a map's values that its scale reaches: a few peaks would leave all the rest in the dark. */
const REACH = 0.99;

/** An overlay's scale. */
export interface Range {
  readonly low: number;
  readonly high: number;
  /** Whether some values lie above `high`: they look like it. */
  readonly isCut: boolean;
}

export function rangeOf({ map, scale }: Overlay): Range {
  const most = map.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  if (scale === 'diverging') return { low: -most, high: most, isCut: false };
  const reached = map.slice().sort()[Math.floor(REACH * (map.length - 1))]!;
  return { low: 0, high: reached > 0 ? reached : most, isCut: reached > 0 && reached < most };
}

/** Each pixel as a square of `scale` pixels. */
function enlarged({ width, height, data }: RgbImage, scale: number): RgbImage {
  const result = new Uint8Array(width * height * scale * scale * 3);
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const at = 3 * (Math.floor(y / scale) * width + Math.floor(x / scale));
      result.set(data.subarray(at, at + 3), 3 * (y * width * scale + x));
    }
  }
  return { width: width * scale, height: height * scale, data: result };
}

const scaleFor = ({ width, height }: RgbImage): number => Math.max(1, Math.ceil(SHOWN / Math.min(width, height)));

/** The picture as the network sees it, large enough to look at. */
export function picturePng(picture: RgbImage): Uint8Array {
  const { width, height, data } = enlarged(picture, scaleFor(picture));
  const canvas = new Canvas(width, height);
  canvas.draw(0, 0, { width, height, data });
  return canvas.toPng();
}

/** How strongly a map's colour covers the picture, by its share of the scale's end: the picture stays to be seen where there is little. */
const cover = (share: number): number => 0.15 + 0.55 * Math.min(Math.abs(share), 1);

/** The map in colours over the picture in grey, with the scale and its numbers below. */
export function overlayPng(picture: RgbImage, overlay: Overlay): Uint8Array {
  const { width, height, data } = enlarged(picture, scaleFor(picture));
  const map = resizeMap(overlay.map, overlay.height, overlay.width, height, width);
  const { low, high, isCut } = rangeOf(overlay);
  const colorOf = (share: number): Rgb => (overlay.scale === 'viridis' ? viridis(share) : diverging(share));
  const canvas = new Canvas(width, height + MARGIN + BAR + MARGIN + lineHeight() + MARGIN);
  const over = (grey: number, share: number): Rgb =>
    mix([grey, grey, grey], colorOf(share), overlay.scale === 'viridis' ? cover(share) : 0.8 * Math.abs(share));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      // The luma of ITU-R 601.
      const grey = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
      canvas.fill(x, y, 1, 1, over(grey, high > 0 ? map[y * width + x]! / high : 0));
    }
  }
  const top = height + MARGIN;
  for (let x = MARGIN; x < width - MARGIN; x++) {
    const share = (x - MARGIN) / (width - 2 * MARGIN - 1);
    canvas.fill(x, top, 1, BAR, colorOf(overlay.scale === 'viridis' ? share : 2 * share - 1));
  }
  const line = top + BAR + MARGIN;
  canvas.number(shortNumber(low), MARGIN, line, 'left');
  canvas.number(shortNumber((low + high) / 2), width / 2, line, 'center');
  canvas.number(`${shortNumber(high)}${isCut ? '+' : ''}`, width - MARGIN, line, 'right');
  return canvas.toPng();
}

/** Side of the square that a picture of a gallery has to fit. */
const THUMB = 96;

/** A picture of a gallery: small, in its proportions. */
export function thumbnail(picture: RgbImage): RgbImage {
  const scale = THUMB / Math.max(picture.width, picture.height);
  const to = { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) };
  return resize({ ...picture, channels: 3 }, to, 'bilinear');
}

export function thumbnailPng(picture: RgbImage): Uint8Array {
  const small = thumbnail(picture);
  const canvas = new Canvas(small.width, small.height);
  canvas.draw(0, 0, small);
  return canvas.toPng();
}

/** Pictures with a number below each, row by row. */
export function sheetPng(pictures: readonly { readonly picture: RgbImage; readonly number: string }[], columns = 6): Uint8Array {
  const [cellWidth, cellHeight] = [THUMB + MARGIN, THUMB + MARGIN + lineHeight() + MARGIN];
  const across = Math.max(1, Math.min(columns, pictures.length));
  const rows = Math.max(1, Math.ceil(pictures.length / across));
  const canvas = new Canvas(across * cellWidth + MARGIN, rows * cellHeight + MARGIN);
  for (const [i, { picture, number }] of pictures.entries()) {
    const [left, top] = [MARGIN + (i % across) * cellWidth, MARGIN + Math.floor(i / across) * cellHeight];
    const small = thumbnail(picture);
    canvas.draw(left + Math.floor((THUMB - small.width) / 2), top + Math.floor((THUMB - small.height) / 2), small);
    canvas.number(number, left + THUMB / 2, top + THUMB + MARGIN / 2, 'center');
  }
  return canvas.toPng();
}
