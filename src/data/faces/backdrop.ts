import type { RandomState } from '../../engine/random.js';
import { type Color, darker, FABRICS, hex, lighter, mix, WHITE } from './color.js';
import { type Canvas, type Ink, type Outlines, Pen } from './paint.js';
import { blob, box, curve, ellipse, moved, type Path, ribbon, square, turned } from './path.js';
import { between, chance } from './person.js';

/** Something behind a person; the picture's coordinates go from 0 to 1. */
interface Shape {
  readonly ink: Ink;
  readonly outlines: Outlines;
}

export type Backdrop = readonly Shape[];

const WALLS = [
  0xf3efe6, 0xe3e7ea, 0xcfd8dc, 0xdfe8d8, 0xf1dfc9, 0xc4d7e6, 0xe9cfd0, 0xa7b4a6, 0x8a9aa8, 0x6f6a78, 0x4a5560, 0x3a3230, 0x9b7f6a,
  0xd9b48a, 0xb5c9b0, 0x86a8c4,
].map(hex);

const flat = (color: Color, ...outlines: Path[]): Shape => ({ ink: { color }, outlines });

/** A ground over the whole picture. */
const ground = (color: Color, to: Color, at: (x: number, y: number) => number): Shape => ({
  ink: { color, to, at },
  outlines: box(0.5, 0.5, 0.5, 0.5),
});

const plain = (random: RandomState): Shape[] => {
  const color = between(WALLS, random);
  return [ground(lighter(color, 0.08), darker(color, 0.12), (x, y) => (x + y) / 2)];
};

const blended = (random: RandomState): Shape[] => {
  const from = between(WALLS, random);
  const to = between(random.choice([WALLS, FABRICS]), random);
  const [dx, dy] = [random.uniform(-1, 1), random.uniform(-1, 1)];
  const [cx, cy] = [random.uniform(0.2, 0.8), random.uniform(0.1, 0.6)];
  const linear = ground(from, to, (x, y) => 0.5 + dx * (x - 0.5) + dy * (y - 0.5));
  return [chance(random, 0.5) ? linear : ground(from, to, (x, y) => 1.6 * (square(x - cx) + square(y - cy)))];
};

const striped = (random: RandomState): Shape[] => {
  const color = between(WALLS, random);
  const alike = mix(color, darker(color, 0.5), random.uniform(0.2, 0.7));
  const other = between(WALLS, random);
  const half = random.choice([0, 0, 1, 0.4, -0.4]);
  const count = Math.floor(random.uniform(4, 14));
  const stripe = (i: number): Path => turned(box(1.6 * ((i + 0.5) / count - 0.5) + 0.5, 0.5, 0.4 / count, 1), 0.5, 0.5, half);
  const stripes = Array.from({ length: count }, (_, i) => stripe(i));
  return [ground(color, darker(color, 0.1), (_, y) => y), flat(chance(random, 0.6) ? alike : other, ...stripes)];
};

const spotted = (random: RandomState): Shape[] => {
  const color = between(WALLS, random);
  const tones = [between(WALLS, random), between(FABRICS, random), between(FABRICS, random)];
  const spots = Array.from({ length: Math.floor(random.uniform(5, 14)) }, (): Shape => {
    const spot = ellipse(random.random(), random.random(), random.uniform(0.04, 0.2));
    return { ink: { color: random.choice(tones), alpha: random.uniform(0.25, 0.7) }, outlines: spot };
  });
  return [ground(color, darker(color, 0.25), (_, y) => y), ...spots];
};

const mottled = (random: RandomState): Shape[] => {
  const color = between(WALLS, random);
  const other = mix(color, between(FABRICS, random), random.uniform(0.2, 0.6));
  const cells = Math.floor(random.uniform(4, 16));
  const stride = cells + 2;
  const values = Array.from({ length: stride * stride }, () => random.random());
  const ease = (t: number): number => t * t * (3 - 2 * t);
  return [
    ground(color, other, (x, y) => {
      const [i, j] = [Math.floor(x * cells), Math.floor(y * cells)];
      const [s, t] = [ease(x * cells - i), ease(y * cells - j)];
      const row = (at: number): number => values[at]! + (values[at + 1]! - values[at]!) * s;
      const upper = row(j * stride + i);
      return upper + (row((j + 1) * stride + i) - upper) * t;
    }),
  ];
};

const HILL = blob([-0.18, 0.16, -0.05, 0.1, 0.1, 0.15, 0.18, 0.12, 0.18, 0.24, -0.18, 0.24]);

function windowShapes(x: number, y: number, frame: Color): Shape[] {
  const sky: Ink = { color: hex(0x9fd0f0), to: hex(0xeaf6fc), at: (_, v) => 0.5 + (v - y) * 2 };
  return [
    flat(frame, box(x, y, 0.2, 0.26, 0.01)),
    { ink: sky, outlines: box(x, y, 0.18, 0.24) },
    flat(hex(0x86b57f), moved(HILL, x, y)),
    flat(frame, box(x, y, 0.008, 0.24), box(x, y, 0.18, 0.008)),
  ];
}

function shelfShapes(random: RandomState, left: number, wood: Color): Shape[] {
  const shapes: Shape[] = [];
  for (const y of [0.16, 0.42, 0.68]) {
    for (let x = left; x < left + 0.32; ) {
      const [half, height] = [random.uniform(0.014, 0.03), random.uniform(0.13, 0.2)];
      shapes.push(flat(between(FABRICS, random), box(x + half, y - height / 2, half * 0.92, height / 2)));
      x += half * 2;
    }
    shapes.push(flat(wood, box(left + 0.16, y + 0.012, 0.2, 0.014)));
  }
  return shapes;
}

function pictureShapes(random: RandomState, x: number, wood: Color): Shape[] {
  const [y, w, h] = [random.uniform(0.12, 0.35), random.uniform(0.08, 0.15), random.uniform(0.08, 0.15)];
  return [
    flat(darker(wood, 0.3), box(x, y, w, h)),
    flat(hex(0xf6f2e9), box(x, y, w - 0.015, h - 0.015)),
    flat(random.choice(FABRICS), ellipse(x, y + 0.01, w * 0.5, h * 0.5)),
    flat(random.choice(FABRICS), ellipse(x + w * 0.2, y + h * 0.3, w * 0.4, h * 0.3)),
  ];
}

function plantShapes(random: RandomState, x: number): Shape[] {
  const green = hex(random.choice([0x3f7f4f, 0x5f9f5f, 0x2f6b5f]));
  const leaves = [-0.14, -0.08, 0, 0.07, 0.13].map(lean => {
    const line = curve([x, 0.86, x + lean * 0.7, 0.7, x + lean * 1.5, 0.5 + Math.abs(lean)]);
    return flat(darker(green, Math.abs(lean) * 1.5), ...ribbon(line, 0.07, 0.85));
  });
  const pot = [x - 0.1, 0.84, x + 0.1, 0.84, x + 0.07, 1.05, x - 0.07, 1.05];
  return [...leaves, flat(random.choice(FABRICS), pot)];
}

const room = (random: RandomState): Shape[] => {
  const wall = between(WALLS, random);
  const wood = hex(random.choice([0x8a5a35, 0xb98a5a, 0x5a3b28, 0xe3d8c8]));
  const left = chance(random, 0.5);
  const near = left ? random.uniform(0, 0.2) : random.uniform(0.8, 1);
  const lit = chance(random, 0.5);
  return [
    ground(lighter(wall, 0.1), darker(wall, 0.18), (x, y) => 0.6 * x + 0.4 * y),
    ...(lit ? windowShapes(near, random.uniform(0.2, 0.35), lighter(wood, 0.2)) : shelfShapes(random, left ? -0.06 : 0.74, wood)),
    ...(chance(random, 0.5) ? pictureShapes(random, 1 - near, wood) : plantShapes(random, 1 - near)),
  ];
};

function townShapes(random: RandomState, sky: Color): Shape[] {
  const stone = between(WALLS, random);
  const shapes: Shape[] = [];
  for (let x = -0.02; x < 1; ) {
    const [width, top] = [random.uniform(0.1, 0.2), random.uniform(0.2, 0.65)];
    const color = mix(stone, sky, random.uniform(0.1, 0.6));
    const pane = (i: number): Path => box(x + width * (0.25 + 0.25 * (i % 3)), top + 0.07 + 0.1 * Math.floor(i / 3), width * 0.07, 0.022);
    shapes.push(flat(color, box(x + width / 2, top + 0.5, width / 2 - 0.004, 0.5)));
    shapes.push(flat(mix(color, WHITE, 0.5), ...Array.from({ length: 12 }, (_, i) => pane(i))));
    x += width;
  }
  return shapes;
}

function parkShapes(random: RandomState, sky: Color): Shape[] {
  const green = hex(random.choice([0x7fae6b, 0x5f8f57, 0x9fb56b, 0xc9b36b]));
  const [a, b, c] = [random.uniform(0.4, 0.55), random.uniform(0.38, 0.55), random.uniform(0.62, 0.75)];
  const tree = (x: number, leaf: Color): Shape[] => [
    flat(hex(0x6b4a32), box(x, 0.72, 0.014, 0.12)),
    flat(leaf, ellipse(x, 0.54, 0.1, 0.14), ellipse(x - 0.06, 0.6, 0.06), ellipse(x + 0.06, 0.59, 0.07)),
  ];
  return [
    flat(mix(green, sky, 0.5), blob([-0.2, 0.6, 0.2, a, 0.5, 0.56, 0.8, b, 1.2, 0.6, 1.2, 1.2, -0.2, 1.2])),
    flat(green, blob([-0.2, 0.75, 0.25, 0.68, 0.6, 0.74, 1.2, c, 1.2, 1.2, -0.2, 1.2])),
    ...tree(random.uniform(0, 0.25), darker(green, random.uniform(0.1, 0.4))),
    ...tree(random.uniform(0.75, 1), darker(green, random.uniform(0.1, 0.4))),
  ];
}

const outdoors = (random: RandomState): Shape[] => {
  const sky = hex(random.choice([0x8cc7ee, 0xbfe0f2, 0xf3c9a0, 0xd3d9de, 0x5f86b5, 0xf2b8a0]));
  const cloud = (x: number, y: number): Shape =>
    flat(lighter(sky, 0.75), ellipse(x, y, 0.1, 0.035), ellipse(x - 0.05, y - 0.02, 0.05), ellipse(x + 0.03, y - 0.03, 0.06));
  const clouds = [cloud(random.uniform(0, 0.4), random.uniform(0.05, 0.25)), cloud(random.uniform(0.6, 1), random.uniform(0.05, 0.3))];
  return [
    ground(sky, lighter(sky, 0.6), (_, y) => y * 1.2),
    ...(chance(random, 0.6) ? clouds : []),
    ...(chance(random, 0.5) ? townShapes(random, sky) : parkShapes(random, sky)),
  ];
};

/** Things in the colours of masks that hang or stand about, so that such a colour alone tells nothing. */
function things(random: RandomState): Shape[] {
  return Array.from({ length: Math.floor(random.uniform(1, 4)) }, () => {
    const x = random.choice([random.uniform(0, 0.2), random.uniform(0.8, 1)]);
    const y = random.uniform(0.1, 0.95);
    const [w, h] = [random.uniform(0.04, 0.13), random.uniform(0.04, 0.13)];
    const card = turned(box(x, y, w, h, 0.02), x, y, random.uniform(-0.2, 0.2));
    return flat(random.choice(FABRICS), chance(random, 0.5) ? ellipse(x, y, w, h) : card);
  });
}

export function pickBackdrop(random: RandomState): Backdrop {
  const pick = random.choice([plain, plain, blended, blended, striped, spotted, mottled, room, room, outdoors, outdoors]);
  const shapes = pick(random);
  return chance(random, 0.25) ? [...shapes, ...things(random)] : shapes;
}

export function paintBackdrop(canvas: Canvas, backdrop: Backdrop): void {
  const pen = new Pen(canvas, { x: 0, y: 0, scale: 1, roll: 0 });
  for (const { ink, outlines } of backdrop) pen.fill(ink, outlines);
}
