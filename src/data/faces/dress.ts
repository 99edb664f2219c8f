import type { RandomState } from '../../engine/random.js';
import { type Color, darker, FABRICS, hex, INK, lighter, mix, WHITE } from './color.js';
import { type Fabric, inkOf, pickFabric } from './fabric.js';
import { fading, thin } from './paint.js';
import { blob, both, box, ellipse, even, map, mirror, moved, onSide, type Path } from './path.js';
import { chance, FACE, type Pens, type Person, type Pose } from './person.js';

const COLLARS = ['crew', 'crew', 'vneck', 'shirt', 'shirt', 'suit', 'hoodie', 'turtle', 'turtle', 'tank', 'coat'] as const;
const GLASSES = ['round', 'square', 'wide', 'half'] as const;

export interface Dress {
  readonly collar: (typeof COLLARS)[number];
  readonly fabric: Fabric;
  readonly shirt: Color;
  readonly tie: Color | undefined;
  readonly scarf: { readonly fabric: Fabric; readonly drop: number; readonly side: number } | undefined;
  readonly glasses:
    | { readonly shape: (typeof GLASSES)[number]; readonly frame: Color; readonly dark: boolean; readonly lens: Color }
    | undefined;
}

export function pickDress(random: RandomState): Dress {
  const tie = random.choice(FABRICS);
  const scarf = { fabric: pickFabric(random, 0.5), drop: random.uniform(0, 0.12), side: random.choice([-1, 1]) };
  const dark = chance(random, 0.2);
  const frame = random.choice([INK, INK, ...[0x6b4426, 0xb08d4a, 0x9aa0a6, 0xb5394a, 0x2f5f9f, 0xe9e4da].map(hex)]);
  const lens = dark ? hex(random.choice([0x1f2226, 0x3b2a20, 0x24344a])) : hex(0xd9ecf7);
  const glasses = { shape: random.choice(GLASSES), frame, dark, lens };
  return {
    collar: random.choice(COLLARS),
    fabric: pickFabric(random, 0.3),
    shirt: random.choice([WHITE, ...[0xdfeaf3, 0xf3e3e3, 0x2f343c].map(hex)]),
    tie: chance(random, 0.5) ? tie : undefined,
    scarf: chance(random, 0.14) ? scarf : undefined,
    glasses: chance(random, 0.3) ? glasses : undefined,
  };
}

const TORSO = even([0, 1.28, 0.5, 1.3, 1.02, 1.5, 1.42, 1.85, 1.56, 2.6, 1.62, 4, 0, 4.2]);

/** Where each collar leaves the neck bare, from the right to the left. */
const ROUND: Path = blob([0.38, 0.4, 0.38, 1.15, 0.5, 1.33, 0.28, 1.44, 0, 1.5, -0.28, 1.44, -0.5, 1.33, -0.38, 1.15, -0.38, 0.4]);
const POINTED: Path = [0.38, 0.4, 0.38, 1.22, 0.51, 1.32, 0, 1.62, -0.51, 1.32, -0.38, 1.22, -0.38, 0.4];

/** How much deeper than these two. */
const DEPTH: Partial<Record<Dress['collar'], number>> = { vneck: 0.33, tank: 0.25 };

/** Neck, shoulders and what is worn on them, and the head's shadow there. */
export function paintBody({ body, head }: Pens, person: Person, dress: Dress, { light: [lx] }: Pose): void {
  const { collar, fabric } = dress;
  const { skin, shade } = person;
  const dark = darker(fabric.color, 0.4);
  const pointed = collar === 'vneck' || collar === 'shirt' || collar === 'coat';
  const deeper = (path: Path): number[] => map(path, (x, y) => [x, y > 1.35 ? y + (DEPTH[collar] ?? 0) * (1 - Math.abs(x) * 2) : y]);
  body.fill(inkOf(fabric), TORSO);
  body.fill(
    fading(dark, 0.5, (x, y) => 0.35 - 0.45 * x * lx + (y - 2) * 0.2),
    TORSO,
  );
  for (const sleeve of both([1.06, 2.05, 1.11, 2.4, 1.14, 3])) body.line(thin(dark, 0.6), sleeve, 0.035, 0.5);
  if (collar === 'tank') body.fill(skin, both(blob([0.8, 1.25, 0.84, 1.7, 1.02, 2.1, 1.8, 2.2, 1.8, 1.2])), body.cover(TORSO));
  const bare = deeper(pointed ? POINTED : ROUND);
  body.fill(skin, bare);
  body.fill(
    fading(shade, 0.75, (x, y) => 1 - 1.6 * (y - 0.98 + 0.25 * x * lx) - x * x),
    bare,
  );
  const trim = darker(fabric.color, 0.2);
  if (collar === 'crew' || collar === 'tank') body.line(trim, deeper([0.52, 1.3, 0.29, 1.45, 0, 1.51, -0.29, 1.45, -0.52, 1.3]), 0.075);
  if (collar === 'vneck') for (const side of both([0.51, 1.31, 0, 1.97])) body.line(trim, side, 0.075);
  if (collar === 'turtle') paintTurtleneck({ body, fabric });
  if (collar === 'shirt' || collar === 'suit') paintShirt({ body, dress });
  if (collar === 'coat') {
    for (const lapel of both([0.43, 1.16, 0.74, 1.36, 0.5, 1.75, 0.04, 1.66])) {
      body.fill(darker(fabric.color, 0.22), lapel);
      body.rim(thin(dark, 0.7), lapel, 0.02);
    }
    body.line(thin(dark, 0.8), [0, 1.7, 0, 3], 0.035);
  }
  if (collar === 'hoodie') {
    for (const hood of both(blob([0.34, 1.02, 0.6, 1.06, 0.74, 1.3, 0.4, 1.56, 0, 1.66, 0.05, 1.5, 0.3, 1.36]))) {
      body.fill(darker(fabric.color, 0.12), hood);
      body.rim(thin(dark, 0.4), hood, 0.02);
    }
    for (const cord of both([0.16, 1.6, 0.18, 2.05])) body.line(lighter(fabric.color, 0.6), cord, 0.035);
  }
  head.fill(
    thin(hex(0x24141a), 0.2),
    map(FACE, (x, y) => [x * 0.92 - lx * 0.08, y + 0.13]),
    body.cover([TORSO, bare]),
  );
}

function paintTurtleneck({ body, fabric }: Pick<Pens, 'body'> & Pick<Dress, 'fabric'>): void {
  const dark = darker(fabric.color, 0.4);
  const tube = even([0, 1, 0.43, 0.98, 0.48, 1.2, 0.58, 1.36, 0, 1.48]);
  body.fill(fabric.color, tube);
  body.fill(
    fading(dark, 0.55, (x, y) => 1 - 2.2 * (y - 0.98) - x * x),
    tube,
  );
  for (const y of [1.18, 1.3]) body.line(thin(dark, 0.6), [-0.46, y - 0.02, 0, y + 0.06, 0.46, y - 0.02], 0.025, 0.4);
}

function paintShirt({ body, dress }: Pick<Pens, 'body'> & { readonly dress: Dress }): void {
  const { collar, fabric, shirt, tie } = dress;
  const color = collar === 'suit' ? shirt : fabric.color;
  if (collar === 'suit') {
    body.fill(shirt, [0.5, 1.3, 0.34, 1.5, 0, 2.7, -0.34, 1.5, -0.5, 1.3, 0, 1.5]);
    if (tie) {
      body.fill(tie, [-0.1, 1.42, 0.1, 1.42, 0.07, 1.58, 0.16, 2.5, -0.16, 2.5, -0.07, 1.58]);
      body.line(thin(darker(tie, 0.4), 0.6), [-0.08, 1.58, 0.08, 1.58], 0.025);
    }
    for (const lapel of both([0.48, 1.26, 0.68, 1.36, 0.56, 1.86, 0.38, 1.9, 0.02, 2.7, 0, 2.7, 0.28, 1.6])) {
      body.fill(darker(fabric.color, 0.25), lapel);
      body.rim(thin(darker(fabric.color, 0.6), 0.8), lapel, 0.018);
    }
  } else {
    body.line(thin(darker(color, 0.35), 0.8), [0, 1.6, 0, 3], 0.03);
    for (const y of [1.85, 2.15]) body.fill(lighter(color, 0.5), ellipse(0.07, y, 0.035));
  }
  for (const flap of both([0.36, 1.08, 0.53, 1.24, 0.33, 1.64, 0.01, 1.47])) {
    body.fill(mix(color, WHITE, 0.12), flap);
    body.rim(thin(darker(color, 0.4), 0.75), flap, 0.022);
  }
}

/** A scarf round the neck, up to the chin and no higher. */
export function paintScarf({ body }: Pens, { scarf }: Dress): void {
  if (!scarf) return;
  const { fabric, drop, side } = scarf;
  const dark = darker(fabric.color, 0.45);
  const end = onSide(blob([0.16, 1.3, 0.46, 1.3, 0.52, 2.4, 0.5, 3.2, 0.14, 3.2, 0.14, 2.2]), side);
  body.fill(inkOf(fabric), end);
  body.fill(
    fading(dark, 0.3, (_, y) => 1 - (y - 1.45) * 3),
    end,
  );
  const wrap = moved(even([0, 1, 0.42, 0.92, 0.64, 0.92, 0.76, 1.16, 0.62, 1.45, 0.3, 1.55, 0, 1.57]), 0, drop);
  body.fill(inkOf(fabric), wrap);
  body.fill(
    fading(dark, 0.45, (x, y) => 1 - 2.4 * (y - 0.98 - drop) - x * x),
    wrap,
  );
  for (const fold of [
    [-0.62, 1.14, -0.1, 1.32, 0.6, 1.1],
    [-0.62, 1.3, -0.1, 1.46, 0.6, 1.26],
  ]) {
    body.line(thin(dark, 0.6), onSide(moved(fold, 0, drop), side), 0.035, 0.8);
  }
}

const LENSES: Record<(typeof GLASSES)[number], Path> = {
  round: ellipse(0.325, -0.02, 0.235, 0.225),
  square: box(0.325, -0.02, 0.24, 0.18, 0.06),
  wide: blob([0.1, -0.14, 0.375, -0.19, 0.595, -0.17, 0.565, 0.08, 0.345, 0.18, 0.13, 0.1]),
  half: box(0.325, 0, 0.23, 0.15, 0.1),
};

export function paintGlasses({ face, head }: Pens, { glasses }: Dress): void {
  if (!glasses) return;
  const { shape, frame, dark, lens } = glasses;
  for (const arm of both([0.54, -0.08, 0.78, -0.05])) head.line(frame, arm, 0.04);
  for (const path of [LENSES[shape], mirror(LENSES[shape])]) {
    face.fill(thin(lens, dark ? 0.86 : 0.08), path);
    const x = path === LENSES[shape] ? 0.33 : -0.33;
    face.fill(thin(WHITE, 0.14), [x - 0.06, -0.3, x + 0.02, -0.3, x - 0.12, 0.3, x - 0.2, 0.3], face.cover(path));
    face.rim(frame, path, shape === 'half' ? 0.028 : 0.042);
  }
  face.line(frame, [-0.105, -0.06, 0, -0.105, 0.105, -0.06], 0.042);
}
