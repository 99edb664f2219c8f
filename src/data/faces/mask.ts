import type { RandomState } from '../../engine/random.js';
import { CLOTHS, type Color, darker, FABRICS, hex, lighter, luma, mix, SURGICAL, WHITE } from './color.js';
import { type Fabric, inkOf, pickFabric } from './fabric.js';
import { type Cover, fading, type Pen, thin } from './paint.js';
import { both, box, even, map, type Path, square } from './path.js';
import { chance, type Pens, type Person, type Pose } from './person.js';

const KINDS = ['surgical', 'surgical', 'surgical', 'surgical', 'surgical', 'cloth', 'cloth', 'folded', 'folded', 'cup'] as const;

/** A mask, which always covers nose and mouth. */
export interface Mask {
  readonly kind: (typeof KINDS)[number];
  readonly fabric: Fabric;
  readonly bands: Color;
  /** How far its upper edge is drawn down on the nose, its lower edge below the chin, and its left side below the right one. */
  readonly drop: number;
  readonly low: number;
  readonly tilt: number;
  readonly width: number;
  /** Whether it has a clip, a valve or a hem. */
  readonly detail: boolean;
}

export function pickMask(random: RandomState, { skin }: Person): Mask {
  const kind = random.choice(KINDS);
  const white = [WHITE, ...[0xf3f5f6, 0xeef1ee, 0xf6f4ee, 0x2a2d31].map(hex)];
  const skinLike = mix(skin, random.choice(FABRICS), random.uniform(0.05, 0.3));
  const cloth = chance(random, 0.1) ? [skinLike] : random.choice([CLOTHS, SURGICAL]);
  const plain = chance(random, 0.6) && kind === 'folded';
  const medical = kind === 'surgical' || kind === 'cup';
  return {
    kind,
    fabric: pickFabric(random, medical || plain ? 0.04 : 0.35, kind === 'surgical' ? SURGICAL : kind === 'cup' || plain ? white : cloth),
    bands: random.choice([WHITE, WHITE, hex(0xe4e8ea), hex(0x2b2e33)]),
    drop: random.uniform(-0.04, 0.06),
    low: random.uniform(0, 0.08),
    tilt: random.uniform(-0.04, 0.04),
    width: random.uniform(0.96, 1.07),
    detail: chance(random, 0.5),
  };
}

/** The right half of each outline, from the nose over the cheek's corners to the chin. */
const HALVES: Record<Mask['kind'], Path> = {
  surgical: [0, 0.1, 0.16, 0.15, 0.4, 0.25, 0.655, 0.29, 0.66, 0.45, 0.62, 0.66, 0.5, 0.86, 0.3, 1, 0, 1.05],
  cloth: [0, 0.08, 0.14, 0.12, 0.36, 0.29, 0.655, 0.33, 0.665, 0.48, 0.6, 0.68, 0.4, 0.95, 0, 1.07],
  folded: [0, 0.06, 0.1, 0.1, 0.3, 0.27, 0.655, 0.38, 0.65, 0.55, 0.56, 0.72, 0.34, 0.96, 0.06, 1.08, 0, 1.09],
  cup: [0, 0.1, 0.13, 0.13, 0.3, 0.27, 0.54, 0.4, 0.6, 0.6, 0.52, 0.84, 0.28, 1, 0, 1.05],
};

export function paintMask(pens: Pens, mask: Mask, { light: [lx, ly], yaw }: Pose): void {
  const { face } = pens;
  const { kind, fabric, drop, low, tilt, width } = mask;
  const worn = (path: Path): number[] => map(path, (x, y) => [x * width, y + drop * (1 - y) + low * y + tilt * x]);
  const bright = luma(fabric.color) > 0.25;
  const [dark, light] = [darker(fabric.color, bright ? 0.4 : 0.7), lighter(fabric.color, bright ? 0.6 : 0.25)];
  paintBands(pens, mask, worn, yaw);
  const outline = worn(even(HALVES[kind]));
  face.fill(
    thin(hex(0x24141a), 0.2),
    map(outline, (x, y) => [x * 1.01 - lx * 0.03, y + 0.03]),
  );
  face.fill(inkOf(fabric), outline);
  face.fill(
    fading(dark, 0.7, (x, y) => x * x - 0.6 * lx * x - 0.4 * ly * (y - 0.55) + 0.55 * square(y - 0.5) - 0.05),
    outline,
  );
  face.fill(
    fading(light, 0.4, (x, y) => 1 - 7.5 * square(x - 0.12 * lx) - 5 * square(y - 0.36)),
    outline,
  );
  paintSeams(face, mask, { worn, outline, inside: face.cover(outline), dark, light, side: lx > 0 ? -1 : 1 });
}

interface Worn {
  readonly worn: (path: Path) => number[];
  readonly outline: Path;
  readonly inside: Cover;
  readonly dark: Color;
  readonly light: Color;
  /** The side in shade. */
  readonly side: number;
}

/** Pleats, seams, clips and valves. */
function paintSeams(face: Pen, { kind, fabric, detail }: Mask, { worn, outline, inside, dark, light, side }: Worn): void {
  const metal = thin(hex(0xa9b0b6), 0.85);
  switch (kind) {
    case 'surgical':
      for (const [y, sag] of [
        [0.42, 0.03],
        [0.58, 0.06],
        [0.74, 0.09],
      ] as const) {
        const pleat = worn([-0.85, y - sag, -0.4, y, 0, y + sag / 2, 0.4, y, 0.85, y - sag]);
        face.line(thin(dark, 0.65), pleat, 0.03, 0, inside);
        face.line(
          thin(light, 0.5),
          map(pleat, (x, v) => [x, v + 0.03]),
          0.022,
          0,
          inside,
        );
      }
      face.rim(thin(light, 0.35), outline, 0.1, inside);
      face.rim(thin(dark, 0.5), outline, 0.025, inside);
      face.line(thin(dark, 0.4), worn([-0.2, 0.2, -0.08, 0.155, 0.08, 0.155, 0.2, 0.2]), 0.03, 0, inside);
      break;
    case 'cloth':
      face.rim(detail ? darker(fabric.second, 0.1) : thin(dark, 0.5), outline, detail ? 0.09 : 0.05, inside);
      face.line(thin(dark, 0.55), worn([0, 0.1, 0.03, 0.45, 0.02, 0.75, 0, 1.1]), 0.025, 0, inside);
      break;
    case 'folded':
      face.fill(thin(dark, 0.35), worn([0, -0.5, side, -0.5, side, 1.5, 0, 1.5, 0.05 * side, 0.6]), inside);
      face.line(thin(dark, 0.7), worn([0, 0.05, 0.012, 0.5, 0, 1.1]), 0.022, 0, inside);
      face.line(thin(light, 0.6), worn([-0.025 * side, 0.1, -0.02 * side, 0.5, -0.025 * side, 1.1]), 0.022, 0, inside);
      face.rim(thin(dark, 0.5), outline, 0.03, inside);
      if (detail) face.fill(metal, worn(box(0, 0.17, 0.13, 0.025, 0.02)), inside);
      break;
    case 'cup':
      face.rim(thin(dark, 0.3), outline, 0.075, inside);
      face.rim(thin(dark, 0.6), outline, 0.02, inside);
      face.line(thin(dark, 0.35), worn([-0.6, 0.62, -0.3, 0.68, 0, 0.7, 0.3, 0.68, 0.6, 0.62]), 0.025, 0, inside);
      face.line(metal, worn([-0.16, 0.22, 0, 0.15, 0.16, 0.22]), 0.045, 0, inside);
      if (detail) {
        face.fill(thin(dark, 0.6), box(0.02, 0.58, 0.15, 0.12, 0.06));
        face.fill(lighter(fabric.color, 0.5), box(0, 0.56, 0.15, 0.12, 0.06));
        for (const x of [-0.07, 0, 0.07]) face.line(thin(dark, 0.8), [x, 0.5, x, 0.62], 0.025);
      }
  }
}

/** Bands from the corners to the ears, or round the head for a cup. */
function paintBands({ face, head }: Pens, { kind, bands, fabric }: Mask, worn: Worn['worn'], yaw: number): void {
  if (kind === 'cup') {
    const color = luma(fabric.color) > 0.5 ? hex(0xe8c25a) : hex(0x3a3f47);
    for (const band of [...both([0.42, 0.38, 0.62, 0.2, 0.78, -0.02]), ...both([0.5, 0.74, 0.62, 0.66, 0.74, 0.48])])
      face.line(color, worn(band), 0.045);
    return;
  }
  const color = darker(bands, 0.15);
  for (const side of [-1, 1]) {
    const ear = side * 0.79 - 0.08 * yaw;
    head.line(color, [...worn([side * 0.58, 0.37, side * 0.7, 0.25]), ear, -0.02], 0.032);
    head.line(color, [...worn([side * 0.54, 0.66, side * 0.7, 0.5]), ear - side * 0.01, 0.27], 0.032);
  }
}
