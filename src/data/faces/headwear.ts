import type { RandomState } from '../../engine/random.js';
import { darker, hex, lighter } from './color.js';
import { type Fabric, inkOf, pickFabric } from './fabric.js';
import { fading, type Outlines, thin } from './paint.js';
import { blob, both, ellipse, even, hole, map, moved } from './path.js';
import { chance, type Pens, type Person } from './person.js';

const KINDS = ['beanie', 'cap', 'brim', 'veil', 'hood', 'band', 'turban'] as const;

export interface Headwear {
  readonly kind: (typeof KINDS)[number];
  readonly fabric: Fabric;
  readonly bobble: boolean;
}

/** Something worn on the head by one person in five. */
export function pickHeadwear(random: RandomState, { bearded }: Person): Headwear | undefined {
  const picked = random.choice(KINDS);
  const headwear: Headwear = {
    kind: bearded && picked === 'veil' ? 'turban' : picked,
    fabric: pickFabric(random, 0.3),
    bobble: chance(random, 0.5),
  };
  return chance(random, 0.2) ? headwear : undefined;
}

/** Whether it leaves no hair to be seen in front, and none behind. */
export const hidesHair = (headwear: Headwear | undefined): boolean => headwear?.kind === 'veil' || headwear?.kind === 'turban';
export const hidesBackHair = (headwear: Headwear | undefined): boolean => hidesHair(headwear) || headwear?.kind === 'hood';

/** What of it lies behind the head. */
export function paintHeadwearBack({ head }: Pens, { kind, fabric }: Headwear): void {
  const inner = darker(fabric.color, 0.35);
  if (kind === 'veil')
    head.fill(inkOf(fabric), even([0, -1.18, 0.55, -1.06, 0.92, -0.4, 0.92, 0.4, 0.98, 1.05, 1.26, 1.5, 0.8, 2.1, 0, 2.2]));
  if (kind === 'hood') head.fill(inner, even([0, -1.24, 0.6, -1.1, 0.98, -0.4, 0.98, 0.4, 0.88, 1.1, 0.5, 1.5, 0, 1.6]));
  if (kind === 'brim') head.fill(inner, ellipse(0, -0.6, 1.26, 0.28));
}

const AROUND = even([0, -1.22, 0.58, -1.1, 0.92, -0.4, 0.92, 0.4, 0.74, 0.95, 0.46, 1.3, 0, 1.42]);
const VEIL = [AROUND, hole(even([0, -0.72, 0.44, -0.62, 0.68, -0.35, 0.7, 0.2, 0.56, 0.7, 0.34, 0.95, 0, 1.03]))];
const HOOD = [
  map(AROUND, (x, y) => [x * 1.07, y * 1.04]),
  hole(even([0, -0.86, 0.46, -0.76, 0.72, -0.35, 0.74, 0.2, 0.64, 0.8, 0.44, 1.2, 0, 1.3])),
];
const BEANIE = even([0, -1.28, 0.45, -1.18, 0.78, -0.85, 0.85, -0.42, 0.4, -0.5, 0, -0.52]);
const FOLD = blob([
  -0.85, -0.42, -0.82, -0.62, -0.4, -0.74, 0, -0.77, 0.4, -0.74, 0.82, -0.62, 0.85, -0.42, 0.42, -0.52, 0, -0.55, -0.42, -0.52,
]);
const CAP = even([0, -1.2, 0.45, -1.1, 0.78, -0.75, 0.83, -0.4, 0.4, -0.52, 0, -0.55]);
const VISOR = blob([-0.79, -0.46, -0.4, -0.64, 0, -0.68, 0.4, -0.64, 0.79, -0.46, 0.5, -0.34, 0, -0.28, -0.5, -0.34]);
const CROWN = even([0, -1.26, 0.35, -1.24, 0.58, -1.05, 0.68, -0.6, 0, -0.5]);
const RIBBON = even([0, -0.78, 0.4, -0.8, 0.66, -0.84, 0.72, -0.58, 0, -0.5]);
const BRIM = even([0, -0.62, 0.5, -0.64, 0.96, -0.68, 1.26, -0.6, 0.96, -0.44, 0.4, -0.36, 0, -0.35]);
const BAND = blob([
  -0.82, -0.3, -0.82, -0.5, -0.45, -0.84, 0, -0.92, 0.45, -0.84, 0.82, -0.5, 0.82, -0.3, 0.45, -0.66, 0, -0.74, -0.45, -0.66,
]);
const TURBAN = even([0, -1.42, 0.5, -1.34, 0.92, -0.95, 0.88, -0.36, 0.5, -0.5, 0, -0.66]);

/** What of it lies on the head. */
export function paintHeadwear({ face, head }: Pens, { kind, fabric, bobble }: Headwear): void {
  const cloth = inkOf(fabric);
  const dark = darker(fabric.color, 0.4);
  const second = darker(fabric.second, 0.1);
  const shadow = thin(hex(0x1a1014), 0.22);
  const round = (outlines: Outlines): void => {
    face.fill(cloth, outlines);
    face.fill(
      fading(dark, 0.5, (x, y) => 0.9 * x * x + 0.35 * (y + 0.6)),
      outlines,
    );
  };
  switch (kind) {
    case 'beanie': {
      if (bobble) head.fill(lighter(fabric.color, 0.4), ellipse(0, -1.32, 0.2));
      round(BEANIE);
      face.fill(second, FOLD);
      const inside = face.cover(FOLD);
      for (let x = -0.78; x < 0.8; x += 0.13)
        face.line(thin(darker(fabric.second, 0.45), 0.5), [x, -0.85, x * 1.04, -0.35], 0.022, 0, inside);
      break;
    }
    case 'cap':
      round(CAP);
      for (const seam of both([0.07, -1.19, 0.36, -0.95, 0.41, -0.55])) face.line(thin(dark, 0.6), seam, 0.02);
      face.fill(dark, ellipse(0, -1.2, 0.06, 0.04));
      face.fill(
        shadow,
        map(VISOR, (x, y) => [x * 0.9, y + 0.07]),
      );
      face.fill(second, VISOR);
      break;
    case 'brim':
      round(CROWN);
      face.fill(
        shadow,
        map(BRIM, (x, y) => [x * 0.72, y + 0.1]),
      );
      face.fill(second, RIBBON);
      face.fill(fabric.color, BRIM);
      face.fill(
        fading(dark, 0.5, (_, y) => 1 - 6 * (y + 0.64)),
        BRIM,
      );
      break;
    case 'veil':
      face.fill(shadow, moved(AROUND, 0, 0.05), face.cover(hole(VEIL[1]!)));
      round(VEIL);
      face.line(thin(dark, 0.45), [-0.62, 0.75, -0.2, 1.22, 0.4, 1.38, 0.8, 1.4], 0.03, 0.8);
      face.line(thin(dark, 0.35), [0.7, 0.55, 0.45, 1.1, 0, 1.36, -0.5, 1.5], 0.03, 0.8);
      break;
    case 'hood':
      round(HOOD);
      face.rim(thin(dark, 0.5), hole(HOOD[1]!), 0.03);
      break;
    case 'band':
      round(BAND);
      break;
    case 'turban': {
      round(TURBAN);
      const inside = face.cover(TURBAN);
      for (const y of [-0.62, -0.82, -1.02, -1.22]) {
        face.line(thin(dark, 0.55), [-0.91, y + 0.22, -0.3, y - 0.12, 0.1, y - 0.08], 0.03, 0.5, inside);
        face.line(thin(dark, 0.55), [0.91, y + 0.22, 0.3, y - 0.16, -0.1, y - 0.2], 0.03, 0.5, inside);
      }
    }
  }
}
