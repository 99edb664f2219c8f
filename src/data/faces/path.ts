/** x times itself; engines differ in the last bit of `**`. */
export const square = (x: number): number => x * x;

/** Points x, y, x, y, …, with x to the right and y down: a line, or an outline that closes itself. */
export type Path = readonly number[];

/** A path with each point moved. */
export function map(path: Path, move: (x: number, y: number) => readonly [number, number]): number[] {
  const result: number[] = [];
  for (let i = 0; i < path.length; i += 2) {
    const [x, y] = move(path[i]!, path[i + 1]!);
    result.push(x, y);
  }
  return result;
}

export const moved = (path: Path, dx: number, dy: number): number[] => map(path, (x, y) => [x + dx, y + dy]);

export const scaled = (path: Path, factor: number, cx = 0, cy = 0): number[] =>
  map(path, (x, y) => [cx + (x - cx) * factor, cy + (y - cy) * factor]);

/** The path on the other side of the y axis, in the same sense of rotation. */
export function mirror(path: Path): number[] {
  const result: number[] = [];
  for (let i = path.length - 2; i >= 0; i -= 2) result.push(-path[i]!, path[i + 1]!);
  return result;
}

/** The path as it is on the right side (1), mirrored on the left one (-1). */
export const onSide = (path: Path, side: number): Path => (side > 0 ? path : mirror(path));

export const both = (path: Path): Path[] => [path, mirror(path)];

/** The path in the other sense of rotation, which cuts a hole into another. */
export const hole = (path: Path): number[] => map(mirror(path), (x, y) => [-x, y]);

/** How many straight pieces make a curve from one point to the next. */
const PIECES = 5;

/** A curve through the points (Catmull-Rom), from the first to the last. */
export function curve(points: Path, closed = false): number[] {
  const count = points.length / 2;
  const result: number[] = [];
  for (let i = 0; i < (closed ? count : count - 1); i++) {
    const place = (offset: number): number => 2 * (closed ? (i + offset + count) % count : Math.min(Math.max(i + offset, 0), count - 1));
    const [a, b, c, d] = [place(-1), place(0), place(1), place(2)];
    for (let piece = 0; piece < PIECES; piece++) {
      const t = piece / PIECES;
      for (const axis of [0, 1]) {
        const [p, q, r, s] = [points[a + axis]!, points[b + axis]!, points[c + axis]!, points[d + axis]!];
        result.push(q + (t / 2) * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p))));
      }
    }
  }
  if (!closed) result.push(...points.slice(-2));
  return result;
}

/** A round outline through the points. */
export const blob = (points: Path): number[] => curve(points, true);

/** A round outline that is the same on both sides, from its right half, given from top to bottom. The ends lie on the y axis. */
export const even = (half: Path): number[] => blob([...half, ...mirror(half).slice(2, -2)]);

/** The cosine and sine of the angle whose half has the tangent `half`, without functions that engines round differently. */
export function rotation(half: number): readonly [cosine: number, sine: number] {
  const below = 1 + square(half);
  return [(2 - below) / below, (2 * half) / below];
}

/** The path turned about a point; `half` is the tangent of half the angle, clockwise on the picture. */
export function turned(path: Path, cx: number, cy: number, half: number): number[] {
  const [cos, sin] = rotation(half);
  return map(path, (x, y) => [cx + cos * (x - cx) - sin * (y - cy), cy + sin * (x - cx) + cos * (y - cy)]);
}

/** A quarter of the unit circle, from (1, 0) to before (0, 1), and the circle. */
const QUARTER = [0, 1, 2, 3, 4, 5, 6, 7].flatMap(i => rotation(i / 8));
const quarters = [QUARTER, map(QUARTER, (x, y) => [-y, x]), map(QUARTER, (x, y) => [-x, -y]), map(QUARTER, (x, y) => [y, -x])];
const CIRCLE = quarters.flat();

export const ellipse = (cx: number, cy: number, rx: number, ry = rx): number[] => map(CIRCLE, (x, y) => [cx + rx * x, cy + ry * y]);

/** A rectangle with round corners, from its centre and half sizes. */
export function box(cx: number, cy: number, halfWidth: number, halfHeight: number, radius = 0): number[] {
  const [x, y] = [halfWidth - radius, halfHeight - radius];
  return quarters.flatMap((quarter, i) => {
    const [left, top] = [cx + (i === 0 || i === 3 ? x : -x), cy + (i < 2 ? y : -y)];
    return radius === 0
      ? [left, top]
      : map([...quarter, ...quarters[(i + 1) % 4]!.slice(0, 2)], (u, v) => [left + radius * u, top + radius * v]);
  });
}

/**
 * The outlines of a line of some width, and of its round ends. `taper` is the share of the width that is lost towards both ends.
 * All go round in the sense of `ellipse`, so that they can be filled as one.
 */
export function ribbon(line: Path, width: number, taper = 0): number[][] {
  const last = line.length - 2;
  const right: number[] = [];
  const left: number[] = [];
  for (let i = 0; i <= last; i += 2) {
    const [before, after] = [Math.max(i - 2, 0), Math.min(i + 2, last)];
    const [dx, dy] = [line[after]! - line[before]!, line[after + 1]! - line[before + 1]!];
    const middle = (2 * i) / Math.max(last, 1) - 1;
    const reach = ((width / 2) * (1 - taper * middle * middle)) / Math.max(Math.sqrt(square(dx) + square(dy)), 1e-9);
    right.push(line[i]! + dy * reach, line[i + 1]! - dx * reach);
    left.push(line[i]! - dy * reach, line[i + 1]! + dx * reach);
  }
  const end = (width / 2) * (1 - taper);
  const ends = [0, last].map(i => ellipse(line[i]!, line[i + 1]!, end));
  return [[...right, ...hole(left)], ...ends];
}
