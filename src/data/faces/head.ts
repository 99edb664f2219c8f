import type { RandomState } from '../../engine/random.js';
import { type Color, darker, hex, INK, lighter, luma, mix, WHITE } from './color.js';
import { fading, thin } from './paint.js';
import { blob, both, curve, ellipse, map, moved, onSide, type Path, square, turned } from './path.js';
import { chance, FACE, type Pens, type Person, type Pose } from './person.js';

/** What a face shows that is no hair. */
export interface Features {
  readonly laughing: boolean;
  /** How far the eyes are open, and what that adds to half their distance. */
  readonly opening: number;
  readonly apart: number;
  readonly gaze: readonly [x: number, y: number];
  readonly lashes: boolean;
  readonly lidShadow: Color | undefined;
  readonly browWidth: number;
  readonly browArch: number;
  readonly nose: 'round' | 'straight' | 'button';
  readonly noseWidth: number;
  readonly mouth: 'closed' | 'lips' | 'teeth' | 'laugh' | 'open';
  readonly mouthWidth: number;
  /** How far the corners of the mouth rise above its middle. */
  readonly smile: number;
  readonly lipColor: Color;
  readonly blush: number;
  readonly freckles: boolean;
  readonly earring: Color | undefined;
}

export function pickFeatures(random: RandomState, { age, bearded, lips }: Person): Features {
  const painted = chance(random, 0.35) && age !== 'child' && !bearded;
  const lipstick = hex(random.choice([0xc2304a, 0xa8264f, 0xd95f6f, 0x8f2f4a]));
  const lidShadow = hex(random.choice([0x7a5fa8, 0x5f86b5, 0xa85f7a, 0x6b5240]));
  const earring = hex(random.choice([0xe8c25a, 0xdfe4e8, 0xd9486f, 0x5fb5c9]));
  return {
    laughing: chance(random, 0.1),
    opening: random.uniform(0.088, 0.112) + (age === 'child' ? 0.015 : 0),
    apart: random.uniform(-0.02, 0.02),
    gaze: [random.uniform(-0.03, 0.03), random.uniform(-0.012, 0.01)],
    lashes: painted || chance(random, 0.2),
    lidShadow: chance(random, 0.5) && painted ? lidShadow : undefined,
    browWidth: random.uniform(0.05, 0.085),
    browArch: random.uniform(-0.02, 0.03),
    nose: random.choice(['round', 'straight', 'button'] as const),
    noseWidth: random.uniform(0.8, 1.25),
    mouth: random.choice(['closed', 'closed', 'lips', 'lips', 'teeth', 'teeth', 'laugh', 'open'] as const),
    mouthWidth: random.uniform(0.85, 1.2),
    smile: random.uniform(0, 0.12),
    lipColor: painted ? mix(lips, lipstick, 0.75) : lips,
    blush: random.uniform(0, 0.4),
    freckles: chance(random, 0.12),
    earring: chance(random, 0.5) && painted ? earring : undefined,
  };
}

const FRECKLES = [0.28, 0.24, 0.37, 0.2, 0.45, 0.25, 0.33, 0.3, 0.42, 0.33, 0.16, 0.2, 0.5, 0.32, 0.24, 0.33];

/** Ears and the bare face. */
export function paintHead(
  { face, head }: Pens,
  person: Person,
  { earring, blush, freckles }: Features,
  { yaw, light: [lx, ly] }: Pose,
): void {
  const { skin, shade } = person;
  for (const side of [-1, 1]) {
    const x = side * 0.79 - 0.08 * yaw;
    const ear = (rx: number, ry: number): Path => turned(ellipse(x, 0.13, rx, ry), x, 0.13, side * 0.07);
    head.fill(darker(skin, 0.08), ear(0.12, 0.19));
    head.fill(thin(shade, 0.6), ear(0.06, 0.115));
    if (earring) head.fill(earring, ellipse(x + side * 0.02, 0.37, 0.05));
  }
  face.fill(skin, FACE);
  face.fill(
    fading(shade, 0.55, (x, y) => 0.75 * (x * x + 0.2 * y - 0.9 * lx * x - 0.5 * ly * y) - 0.12),
    FACE,
  );
  face.fill(
    fading(lighter(skin, 0.5), 0.25, (x, y) => 1 - 2.2 * (square(x - 0.35 * lx) + square(y + 0.55))),
    FACE,
  );
  const rosy = hex(0xe0524f);
  face.fill(
    fading(rosy, blush * luma(skin), (x, y) => 1 - square((Math.abs(x) - 0.43) / 0.24) - square((y - 0.36) / 0.2)),
    both(ellipse(0.43, 0.36, 0.24, 0.2)),
  );
  for (let i = 0; freckles && i < FRECKLES.length; i += 2)
    face.fill(thin(person.crease, 0.6), both(ellipse(FRECKLES[i]!, FRECKLES[i + 1]!, 0.018)));
  if (person.age === 'old') {
    for (const fold of both([0.2, 0.34, 0.3, 0.46, 0.33, 0.58])) face.line(thin(shade, 0.55), fold, 0.026, 0.9);
    for (const bag of both([0.2, 0.12, 0.33, 0.17, 0.46, 0.11])) face.line(thin(shade, 0.45), bag, 0.022, 0.9);
    face.line(thin(shade, 0.4), [-0.3, -0.5, 0, -0.53, 0.3, -0.5], 0.022, 0.9);
    face.line(thin(shade, 0.4), [-0.26, -0.6, 0, -0.63, 0.26, -0.6], 0.022, 0.9);
  }
}

export function paintEyes({ face }: Pens, person: Person, features: Features): void {
  const { opening, gaze, lashes, browWidth, browArch } = features;
  const grown = person.age === 'child' ? 1.1 : 1;
  const browColor = mix(darker(person.hair, 0.25), person.crease, 0.35);
  for (const side of [-1, 1]) {
    const x0 = side * (0.325 + features.apart);
    /** Places what is drawn for the right eye, in half its width and its opening. */
    const on = (path: Path): number[] =>
      moved(
        onSide(
          map(path, (x, y) => [x * 0.165 * grown, y * opening]),
          side,
        ),
        x0,
        -0.05,
      );
    const lid = [-1, 0.2, -0.5, -0.75, 0.1, -1, 0.65, -0.62, 1, -0.05];
    if (features.lidShadow) face.fill(thin(features.lidShadow, 0.5), on(blob([-1, 0, -0.4, -1.5, 0.6, -1.5, 1.15, -0.4, 0, -0.2])));
    if (features.laughing) {
      face.line(INK, on([-0.9, 0.3, -0.4, -0.5, 0.4, -0.5, 0.9, 0.3]), 0.045, 0.5);
    } else {
      const almond = on([...curve(lid), ...curve([1, -0.05, 0.5, 0.62, -0.3, 0.68, -1, 0.2])]);
      face.fill(thin(person.shade, 0.35), on(ellipse(0, 0, 1.12, 1.2)));
      face.fill(hex(0xfbf8f4), almond);
      const inside = face.cover(almond);
      const [x, y] = [x0 + gaze[0], -0.055 + gaze[1]];
      for (const [color, radius] of [
        [darker(person.iris, 0.4), 0.096],
        [person.iris, 0.078],
        [hex(0x120d0d), 0.05],
      ] as const) {
        face.fill(color, ellipse(x, y, radius * grown), inside);
      }
      face.fill(WHITE, ellipse(x + 0.03, y - 0.032, 0.024), inside);
      face.line(thin(INK, 0.16), moved(on(lid), 0, 0.03), 0.05, 0, inside);
      face.line(lashes ? INK : darker(person.crease, 0.35), on(lid), lashes ? 0.042 : 0.03, 0.5);
      if (lashes) face.line(INK, on([0.7, -0.55, 1.05, -0.75, 1.25, -1]), 0.03, 0.5);
    }
    const brow = moved(onSide([-0.17, -0.2, -0.04, -0.26, 0.09, -0.26, 0.21, -0.19], side), x0, -0.05);
    face.line(
      browColor,
      map(brow, (x, y) => [x, y + browArch - 4 * browArch * Math.abs(x - x0)]),
      browWidth,
      0.65,
    );
  }
}

export function paintNose({ face }: Pens, { skin, shade, crease }: Person, { nose, noseWidth }: Features, { light }: Pose): void {
  const side = light[0] > 0 ? -1 : 1;
  const wide = (path: Path): number[] => map(path, (x, y) => [x * noseWidth, y]);
  if (nose !== 'button')
    face.fill(thin(shade, 0.42), wide(onSide(blob([0.05, -0.07, 0.075, 0.12, 0.13, 0.31, 0.04, 0.34, 0.02, 0.22]), side)));
  face.fill(thin(lighter(skin, 0.6), 0.4), ellipse(-0.02 * side, 0.25, 0.04, 0.05));
  const line = thin(crease, 0.75);
  if (nose === 'straight') {
    face.line(line, wide([-0.1, 0.32, -0.05, 0.355, 0, 0.37, 0.05, 0.355, 0.1, 0.32]), 0.034, 0.6);
  } else {
    for (const wing of both([0.115, 0.24, 0.135, 0.3, 0.11, 0.35, 0.075, 0.34])) face.line(line, wide(wing), 0.03, 0.7);
    face.line(line, wide([-0.065, 0.355, 0, 0.38, 0.065, 0.355]), 0.03, 0.7);
  }
}

export function paintMouth({ face }: Pens, features: Features): void {
  const { mouth, smile, lipColor } = features;
  /** Draws the corners of the mouth apart and up. */
  const shaped = (path: Path): number[] => map(path, (x, y) => [x * features.mouthWidth, y + smile * (0.15 - 14 * x * x)]);
  if (mouth === 'closed' || mouth === 'lips') {
    const full = mouth === 'lips' ? 1.5 : 0.9;
    const lip = (path: Path): number[] =>
      shaped([...curve([-0.24, 0.63, -0.12, 0.63, 0, 0.635, 0.12, 0.63, 0.24, 0.63]), ...curve(map(path, (x, y) => [x, 0.63 + y * full]))]);
    const upper = lip([0.24, 0, 0.12, -0.035, 0.05, -0.058, 0, -0.042, -0.05, -0.058, -0.12, -0.035, -0.24, 0]);
    const lower = lip([0.24, 0, 0.13, 0.052, 0, 0.075, -0.13, 0.052, -0.24, 0]);
    face.fill(darker(lipColor, 0.12), upper);
    face.fill(lipColor, lower);
    face.fill(thin(WHITE, 0.22), ellipse(0.02, 0.66 + 0.01 * full, 0.07, 0.016));
    face.line(darker(lipColor, 0.6), shaped([-0.24, 0.63, -0.12, 0.63, 0, 0.635, 0.12, 0.63, 0.24, 0.63]), 0.028, 0.6);
    return;
  }
  const round = mouth === 'open';
  const top = round
    ? [-0.14, 0.63, -0.07, 0.57, 0, 0.56, 0.07, 0.57, 0.14, 0.63]
    : [-0.25, 0.61, -0.12, 0.615, 0, 0.62, 0.12, 0.615, 0.25, 0.61];
  const bottom = round
    ? [0.14, 0.63, 0.09, 0.74, 0, 0.78, -0.09, 0.74, -0.14, 0.63]
    : [0.25, 0.61, 0.15, 0.72, 0, 0.76, -0.15, 0.72, -0.25, 0.61];
  const depth = mouth === 'laugh' ? 1.25 : mouth === 'teeth' ? 0.8 : 1;
  const upTo = (share: number): number[] => shaped([...curve(top), ...curve(map(bottom, (x, y) => [x, 0.61 + (y - 0.61) * share]))]);
  const gap = upTo(depth);
  face.rim(lipColor, gap, round ? 0.07 : 0.05);
  face.fill(hex(0x5a1f24), gap);
  const inside = face.cover(gap);
  if (!round) face.fill(hex(0xfaf7f0), upTo(mouth === 'teeth' ? 0.68 : 0.5), inside);
  if (mouth !== 'teeth') face.fill(hex(0xd9616b), ellipse(0, 0.62 + 0.15 * depth, 0.13, 0.07), inside);
}
