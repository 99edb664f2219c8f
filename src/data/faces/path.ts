/** A place: x to the right, y down. */
export type Point = readonly [x: number, y: number];

/** A closed outline, or an open line, as straight pieces between points. */
export type Path = readonly Point[];

/** A curve through the points (Catmull-Rom), `steps` straight pieces from one to the next. */
export function smooth(points: Path, closed = true, steps = 6): Point[] {
  const last = points.length - 1;
  const at = (i: number): Point => points[closed ? (i + points.length) % points.length : Math.min(Math.max(i, 0), last)]!;
  const result: Point[] = [];
  for (let i = 0; i < (closed ? points.length : last); i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let step = 0; step < steps; step++) {
      const t = step / steps;
      const along = (axis: 0 | 1): number => {
        const [p, q, r, s] = [a[axis], b[axis], c[axis], d[axis]];
        return q + (t / 2) * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
      };
      result.push([along(0), along(1)]);
    }
  }
  if (!closed) result.push(points[last]!);
  return result;
}

/** The rotation whose half angle has the tangent `half`: [cosine, sine], without functions that engines round differently. */
export function rotation(half: number): readonly [cosine: number, sine: number] {
  const square = half * half;
  return [(1 - square) / (1 + square), (2 * half) / (1 + square)];
}

/** The points turned about a centre; `half` is the tangent of half the angle, clockwise on the picture. */
export function turned(path: Path, [cx, cy]: Point, half: number): Point[] {
  const [cos, sin] = rotation(half);
  return path.map(([x, y]) => [cx + cos * (x - cx) - sin * (y - cy), cy + sin * (x - cx) + cos * (y - cy)]);
}

/** A quarter of the unit circle from (1, 0) to before (0, 1). */
const QUARTER: Path = Array.from({ length: 8 }, (_, i) => rotation(i / 8));

export function ellipse(cx: number, cy: number, rx: number, ry = rx): Point[] {
  const point = (x: number, y: number): Point => [cx + rx * x, cy + ry * y];
  return [
    ...QUARTER.map(([x, y]) => point(x, y)),
    ...QUARTER.map(([x, y]) => point(-y, x)),
    ...QUARTER.map(([x, y]) => point(-x, -y)),
    ...QUARTER.map(([x, y]) => point(y, -x)),
  ];
}

/** A rectangle with rounded corners, from its centre and half sizes. */
export function box(cx: number, cy: number, halfWidth: number, halfHeight: number, radius = 0): Point[] {
  const [x, y] = [halfWidth - radius, halfHeight - radius];
  return ellipse(0, 0, radius).map(([dx, dy], i) => {
    const quarter = Math.floor(i / QUARTER.length);
    return [cx + dx + (quarter === 0 || quarter === 3 ? x : -x), cy + dy + (quarter < 2 ? y : -y)];
  });
}

/** The path on the other side of the y axis, in the same sense of rotation. */
export const mirror = (path: Path): Point[] => path.map(([x, y]): Point => [-x, y]).reverse();

/** A closed outline whose right half is given, from top to bottom. */
export const symmetric = (half: Path): Point[] => [...half, ...mirror(half).filter(([x]) => x !== 0)];

export const moved = (path: Path, dx: number, dy: number): Point[] => path.map(([x, y]) => [x + dx, y + dy]);

/**
 * The outline of a line of some width, and its round ends. `taper` is the share of the width that is lost towards both ends.
 * All parts go round in the sense of `ellipse`, so that they can be filled as one.
 */
export function ribbon(line: Path, width: number, taper = 0): Point[][] {
  const last = line.length - 1;
  const left: Point[] = [];
  const right: Point[] = [];
  for (let i = 0; i <= last; i++) {
    const [before, [x, y], after] = [line[Math.max(i - 1, 0)]!, line[i]!, line[Math.min(i + 1, last)]!];
    const [dx, dy] = [after[0] - before[0], after[1] - before[1]];
    const length = Math.max(Math.sqrt(dx * dx + dy * dy), 1e-9);
    const middle = (2 * i) / Math.max(last, 1) - 1;
    const half = (width / 2) * (1 - taper * middle * middle);
    left.push([x - (dy / length) * half, y + (dx / length) * half]);
    right.push([x + (dy / length) * half, y - (dx / length) * half]);
  }
  const end = (width / 2) * (1 - taper);
  const caps = end > 0.002 ? [line[0]!, line[last]!].map(([x, y]) => ellipse(x, y, end)) : [];
  return [[...right, ...left.reverse()], ...caps];
}

/** The place a share `t` of the way along a line, counted in points. */
export function along(line: Path, t: number): Point {
  const at = Math.min(Math.max(t, 0), 1) * (line.length - 1);
  const i = Math.min(Math.floor(at), line.length - 2);
  const [[ax, ay], [bx, by]] = [line[i]!, line[i + 1]!];
  return [ax + (bx - ax) * (at - i), ay + (by - ay) * (at - i)];
}
