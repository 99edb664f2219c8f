import type { Color } from './color.js';
import { curve, type Path, ribbon, rotation } from './path.js';

/** What a shape is filled with: one colour, or two that `at` mixes by the place: 0 gives the first, 1 the second. */
export interface Ink {
  readonly color: Color;
  /** How much of what lies below is covered, 0 to 1; 1 unless given. */
  readonly alpha?: number;
  readonly to?: Color;
  readonly toAlpha?: number;
  /** From coordinates of the pen; results beyond 0 to 1 count as the nearer end. */
  readonly at?: (x: number, y: number) => number;
}

/** A colour that lets some of what lies below through. */
export const thin = (color: Color, alpha: number): Ink => ({ color, alpha });

/** A colour that comes and goes: as opaque as `at` says, at most `alpha`. */
export const fading = (color: Color, alpha: number, at: (x: number, y: number) => number): Ink => ({ color, alpha: 0, toAlpha: alpha, at });

/** One outline or several, which are filled as one. */
export type Outlines = Path | readonly Path[];

/** For each pixel [size, size] the share of it that a shape covers. */
export type Cover = Float32Array;

/** Pixels from left and top to before right and bottom. */
interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A square picture of colours from 0 to 1. Shapes' edges are smooth: a pixel takes a colour by the exact area of it that a shape covers. */
export class Canvas {
  readonly size: number;
  /** [size, size, 3] */
  readonly pixels: Float32Array;
  /** The shape that was scanned last, valid in its region. */
  readonly cover: Cover;
  /** [size, size + 2]: by how much the covered area grows from the pixel to the left. */
  readonly #steps: Float32Array;

  constructor(size: number) {
    this.size = size;
    this.pixels = new Float32Array(size * size * 3);
    this.cover = new Float32Array(size * size);
    this.#steps = new Float32Array(size * (size + 2));
  }

  /** Finds what the outlines (in pixels) enclose; overlaps count once. */
  scan(outlines: readonly Float64Array[]): Region {
    const { size, cover } = this;
    const steps = this.#steps;
    let [left, top, right, bottom] = [size, size, 0, 0];
    for (const outline of outlines) {
      let [x0, y0] = [outline.at(-2)!, outline.at(-1)!];
      for (let i = 0; i < outline.length; i += 2) {
        const [x, y] = [outline[i]!, outline[i + 1]!];
        this.#edge(x0, y0, x, y);
        left = Math.min(left, x);
        top = Math.min(top, y);
        right = Math.max(right, x);
        bottom = Math.max(bottom, y);
        [x0, y0] = [x, y];
      }
    }
    const whole = (value: number): number => Math.min(Math.max(Math.floor(value), 0), size);
    const region = { left: whole(left), top: whole(top), right: whole(right + 1), bottom: whole(bottom + 1) };
    for (let y = region.top; y < region.bottom; y++) {
      const row = y * (size + 2);
      let area = 0;
      for (let x = region.left; x < region.right; x++) {
        area += steps[row + x]!;
        // What rounding leaves of an area that is none.
        cover[y * size + x] = Math.abs(area) < 1e-4 ? 0 : Math.min(Math.abs(area), 1);
      }
      steps.fill(0, row, row + size + 2);
    }
    return region;
  }

  /** Adds the area right of an edge, taken positive where the edge goes down, row by row and column by column. */
  #edge(fromX: number, fromY: number, toX: number, toY: number): void {
    if (fromY === toY) return;
    const { size } = this;
    const steps = this.#steps;
    const sign = fromY < toY ? 1 : -1;
    const [top, bottom] = sign === 1 ? [fromY, toY] : [toY, fromY];
    const slope = (toX - fromX) / (toY - fromY);
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(size, bottom); y++) {
      const [enter, leave] = [Math.max(y, top), Math.min(y + 1, bottom)];
      const x0 = Math.min(Math.max(fromX + (enter - fromY) * slope, 0), size);
      const x1 = Math.min(Math.max(fromX + (leave - fromY) * slope, 0), size);
      const [near, far] = [Math.min(x0, x1), Math.max(x0, x1)];
      for (let x = Math.floor(near); x <= far; x++) {
        const [a, b] = [Math.max(near, x), Math.min(far, x + 1)];
        const height = sign * (leave - enter) * (near === far ? 1 : (b - a) / (far - near));
        const covered = height * (x + 1 - (a + b) / 2);
        const at = y * (size + 2) + x;
        steps[at]! += covered;
        steps[at + 1]! += height - covered;
      }
    }
  }
}

/** How a pen's coordinates lie on the picture. Places and lengths are shares of the picture's size. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  /** Length of one unit. */
  readonly scale: number;
  /** Tangent of half the angle by which it is turned, clockwise. */
  readonly roll: number;
  /** Moves points before they are placed. */
  readonly bend?: (x: number, y: number) => readonly [number, number];
}

/** Paints shapes that are given in a frame's coordinates. */
export class Pen {
  readonly #canvas: Canvas;
  readonly #frame: Frame;

  constructor(canvas: Canvas, frame: Frame) {
    this.#canvas = canvas;
    this.#frame = frame;
  }

  /** Paints what the outlines enclose, as far as `clip` lets it. */
  fill(ink: Ink | Color, outlines: Outlines, clip?: Cover): void {
    const { size, pixels, cover } = this.#canvas;
    const { left, top, right, bottom } = this.#scan(outlines);
    const { color, alpha = 1, to = color, toAlpha = alpha, at } = 'color' in ink ? ink : { color: ink };
    const { x: originX, y: originY, scale, roll } = this.#frame;
    const [cos, sin] = rotation(roll);
    const [red0, green0, blue0] = color;
    const [red1, green1, blue1] = to;
    let [red, green, blue, opacity] = [red0, green0, blue0, alpha];
    for (let y = top; y < bottom; y++) {
      const down = ((y + 0.5) / size - originY) / scale;
      for (let x = left; x < right; x++) {
        const pixel = y * size + x;
        let part = cover[pixel]!;
        if (clip) part *= clip[pixel]!;
        if (part === 0) continue;
        if (at) {
          const across = ((x + 0.5) / size - originX) / scale;
          const t = Math.min(Math.max(at(cos * across + sin * down, cos * down - sin * across), 0), 1);
          opacity = alpha + (toAlpha - alpha) * t;
          red = red0 + (red1 - red0) * t;
          green = green0 + (green1 - green0) * t;
          blue = blue0 + (blue1 - blue0) * t;
        }
        part *= opacity;
        const i = pixel * 3;
        pixels[i] = pixels[i]! + (red - pixels[i]!) * part;
        pixels[i + 1] = pixels[i + 1]! + (green - pixels[i + 1]!) * part;
        pixels[i + 2] = pixels[i + 2]! + (blue - pixels[i + 2]!) * part;
      }
    }
  }

  /** Paints a curve through the points; `taper` is the share of its width that is lost towards its ends. */
  line(ink: Ink | Color, points: Path, width: number, taper = 0, clip?: Cover): void {
    this.fill(ink, ribbon(curve(points), width, taper), clip);
  }

  /** Paints along an outline. */
  rim(ink: Ink | Color, outline: Path, width: number, clip?: Cover): void {
    this.fill(ink, ribbon([...outline, ...outline.slice(0, 2)], width), clip);
  }

  /** What of each pixel the outlines enclose. */
  cover(outlines: Outlines): Cover {
    const { size, cover } = this.#canvas;
    const { left, top, right, bottom } = this.#scan(outlines);
    const result = new Float32Array(size * size);
    for (let y = top; y < bottom; y++) result.set(cover.subarray(y * size + left, y * size + right), y * size + left);
    return result;
  }

  #scan(outlines: Outlines): Region {
    const list = (typeof outlines[0] === 'number' ? [outlines] : outlines) as readonly Path[];
    const { size } = this.#canvas;
    const { x, y, scale, roll, bend } = this.#frame;
    const [cos, sin] = rotation(roll);
    return this.#canvas.scan(
      list.map(path => {
        const placed = new Float64Array(path.length);
        for (let i = 0; i < path.length; i += 2) {
          const [u, v] = bend ? bend(path[i]!, path[i + 1]!) : [path[i]!, path[i + 1]!];
          placed[i] = (x + scale * (cos * u - sin * v)) * size;
          placed[i + 1] = (y + scale * (sin * u + cos * v)) * size;
        }
        return placed;
      }),
    );
  }
}
