import type { Color } from './color.js';
import { type Path, type Point, ribbon, rotation } from './path.js';

/** What a shape is filled with: one colour, or two that `at` mixes by the place: 0 gives the first, 1 the second. */
export interface Ink {
  readonly color: Color;
  /** How much of what lies below is covered, 0 to 1; 1 unless given. */
  readonly alpha?: number;
  readonly to?: Color;
  readonly toAlpha?: number;
  /** From coordinates of the pen; values beyond 0 to 1 count as the nearer end. */
  readonly at?: (x: number, y: number) => number;
}

/** For each pixel [size, size] the share of it that a shape covers. */
export type Cover = Float32Array;

/** A square picture of colours from 0 to 1 that shapes are painted on, edges smoothed by the exact area that they cover of a pixel. */
export class Canvas {
  readonly size: number;
  /** [size, size, 3] */
  readonly pixels: Float32Array;
  readonly #cover: Cover;
  /** For each pixel, by how much the covered area grows from the one to its left. One column more, for what ends at the right border. */
  readonly #steps: Float32Array;

  constructor(size: number) {
    this.size = size;
    this.pixels = new Float32Array(size * size * 3);
    this.#cover = new Float32Array(size * size);
    this.#steps = new Float32Array(size * (size + 2));
  }

  /** Calls `each` with every pixel that the outlines (in pixels) cover, overlaps counted once, and the share covered. */
  scan(outlines: readonly Path[], each: (pixel: number, x: number, y: number, share: number) => void): void {
    const { size } = this;
    const steps = this.#steps;
    const stride = size + 2;
    let [top, bottom, left] = [size, 0, size];
    for (const outline of outlines) {
      for (const [x, y] of outline) {
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
        left = Math.min(left, x);
      }
      for (let i = 0; i < outline.length; i++) this.#edge(outline[i]!, outline[(i + 1) % outline.length]!);
    }
    const start = Math.max(0, Math.floor(left));
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(size, bottom); y++) {
      let area = 0;
      for (let x = start; x < size; x++) {
        area += steps[y * stride + x]!;
        const share = Math.min(Math.abs(area), 1);
        if (share > 0.004) each(y * size + x, x, y, share);
      }
      steps.fill(0, y * stride, (y + 1) * stride);
    }
  }

  /** Adds the area to the right of an edge, positive where it goes down. */
  #edge(from: Point, to: Point): void {
    if (from[1] === to[1]) return;
    const { size } = this;
    const steps = this.#steps;
    const sign = from[1] < to[1] ? 1 : -1;
    const [upper, lower] = sign === 1 ? [from, to] : [to, from];
    const slope = (lower[0] - upper[0]) / (lower[1] - upper[1]);
    for (let y = Math.max(0, Math.floor(upper[1])); y < Math.min(size, lower[1]); y++) {
      const [enter, leave] = [Math.max(y, upper[1]), Math.min(y + 1, lower[1])];
      const x0 = Math.min(Math.max(upper[0] + (enter - upper[1]) * slope, 0), size);
      const x1 = Math.min(Math.max(upper[0] + (leave - upper[1]) * slope, 0), size);
      const [near, far] = x0 < x1 ? [x0, x1] : [x1, x0];
      const height = (leave - enter) * sign;
      const row = y * (size + 2);
      const first = Math.floor(near);
      // The area right of the edge within the columns up to x, from which each column's share follows by difference.
      let done = 0;
      for (let x = first; x <= far; x++) {
        const [a, b] = [Math.max(near, x), Math.min(far, x + 1)];
        const width = far - near;
        const part = width > 0 ? (b - a) / width : 1;
        const inside = done + part * (x + 1 - (a + b) / 2);
        steps[row + x]! += height * (inside - (x === first ? 0 : done + 0));
        steps[row + x + 1]! += height * (done + part - inside);
        done += part;
      }
    }
  }
}
