import type { RandomState } from '../../engine/random.js';
import { type Color, darker, lighter } from './color.js';
import { fading } from './paint.js';
import { blob, curve, ellipse, moved, onSide, type Path, ribbon } from './path.js';
import { chance, type Pens, type Person } from './person.js';

export interface Hand {
  /** -1 or 1: the side that the arm comes from. */
  readonly side: number;
  /** How far it is held below the mouth. */
  readonly lower: number;
}

/** One person in thirty holds a hand before the mouth. */
export function pickHand(random: RandomState): Hand | undefined {
  const hand = { side: random.choice([-1, 1]), lower: random.uniform(-0.02, 0.08) };
  return chance(random, 0.033) ? hand : undefined;
}

/** For an arm from the right: from knuckle to tip, the lowest first. */
const FINGERS: readonly Path[] = [
  [0.22, 0.92, -0.02, 0.9, -0.22, 0.84],
  [0.24, 0.8, -0.06, 0.76, -0.32, 0.7],
  [0.24, 0.67, -0.06, 0.62, -0.34, 0.57],
  [0.24, 0.55, -0.04, 0.49, -0.27, 0.45],
];
const THUMB = [0.38, 0.62, 0.48, 0.42, 0.5, 0.2];
const WRIST = [0.55, 0.98, 0.75, 1.35, 1.02, 1.9];
const SLEEVE = [0.82, 1.42, 1, 1.8, 1.25, 2.6];
const PALM = blob([0.2, 0.5, 0.42, 0.5, 0.62, 0.66, 0.68, 0.9, 0.58, 1.14, 0.36, 1.1, 0.16, 0.98]);

/** A hand before the mouth, and the arm in its sleeve. */
export function paintHand({ face }: Pens, { skin, crease }: Person, { side, lower }: Hand, sleeve: Color): void {
  const held = (path: Path): Path => moved(onSide(path, side), 0, lower);
  const limb = (color: Color, points: Path, width: number): void => face.fill(color, ribbon(curve(points), width).map(held));
  for (const part of [WRIST, THUMB, ...FINGERS]) {
    const width = part === WRIST ? 0.36 : 0.165;
    limb(crease, part, width + 0.035);
    limb(skin, part, width);
  }
  face.fill(skin, held(PALM));
  face.fill(
    fading(darker(skin, 0.3), 0.7, (_, y) => (y - lower - 0.6) * 1.6),
    held(PALM),
  );
  for (const finger of FINGERS) face.fill(lighter(skin, 0.4), held(ellipse(finger[4]! - 0.01, finger[5]! - 0.005, 0.05, 0.038)));
  limb(darker(sleeve, 0.4), SLEEVE, 0.56);
  limb(sleeve, SLEEVE, 0.52);
}
