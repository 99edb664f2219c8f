import type { RandomState } from '../../engine/random.js';
import { type Color, darker, lighter, mix } from './color.js';
import { fading, type Outlines, thin } from './paint.js';
import { blob, both, ellipse, even, hole, map, mirror, onSide, type Path, rotation, scaled } from './path.js';
import { FACE, type Pens, type Person, type Pose } from './person.js';

const SHORT = ['bald', 'buzz', 'short', 'parted', 'quiff', 'receding', 'fringe'] as const;
const SLEEK = ['bob', 'straight', 'pony', 'bun', 'bangs'] as const;
const WILD = ['wavy', 'curly', 'afro', 'pigtails'] as const;
const STYLES = [...SHORT, ...SLEEK, ...WILD];

type Style = (typeof STYLES)[number];

const BEARDS = ['stubble', 'full', 'full', 'long', 'goatee', 'moustache', 'chin'] as const;

export interface Hair {
  readonly style: Style;
  /** How far it stands off the head, as a share of its size. */
  readonly volume: number;
  /** -1 or 1: where the parting or the tail is. */
  readonly side: number;
  /** Numbers from 0 to 1 for curls. */
  readonly rough: readonly number[];
  readonly beard: (typeof BEARDS)[number] | undefined;
}

/** Hair that suits the person and, under a hat, leaves room for it. */
export function pickHair(random: RandomState, { bearded, age }: Person, hat: boolean): Hair {
  const fitting: readonly Style[] = bearded ? [...SHORT, 'wavy', 'curly', 'afro'] : age === 'child' ? STYLES.slice(2) : STYLES;
  const style = random.choice(
    hat ? fitting.filter(name => name !== 'quiff' && name !== 'bun' && name !== 'curly' && name !== 'afro') : fitting,
  );
  const beard = random.choice(BEARDS);
  return {
    style,
    volume: random.uniform(0, 0.1),
    side: random.choice([-1, 1]),
    rough: Array.from({ length: 24 }, () => random.random()),
    beard: bearded ? beard : undefined,
  };
}

/** Circles side by side on an arc over the head; `reach` is the tangent of half the angle from the top to either end. */
function curls(cy: number, rx: number, ry: number, radius: number, rough: readonly number[], reach: number): number[][] {
  const count = 17;
  return Array.from({ length: count }, (_, i) => {
    const [cos, sin] = rotation(((2 * i) / (count - 1) - 1) * reach);
    return ellipse(rx * sin, cy - ry * cos, radius * (0.8 + 0.4 * rough[i]!));
  });
}

const BACKS: Partial<Record<Style, Path>> = {
  straight: even([0, -1.1, 0.6, -1, 0.92, -0.4, 0.95, 0.4, 0.97, 1.1, 0.8, 1.62, 0.3, 1.66, 0, 1.64]),
  bangs: even([0, -1.1, 0.6, -1, 0.92, -0.4, 0.97, 0.4, 1.02, 1, 0.95, 1.3, 0.5, 1.36, 0, 1.34]),
  wavy: even([0, -1.1, 0.62, -1, 0.9, -0.4, 1.06, 0.1, 0.93, 0.5, 1.1, 0.95, 0.9, 1.4, 0.3, 1.5, 0, 1.48]),
  bob: even([0, -1.1, 0.6, -1, 0.93, -0.4, 0.98, 0.3, 0.94, 0.8, 0.5, 0.86, 0, 0.8]),
};

/** What lies behind the head, neck and ears. */
export function paintBackHair({ head }: Pens, { hair }: Person, { style, volume, side, rough }: Hair): void {
  const ink = darker(hair, 0.22);
  const back = BACKS[style];
  if (back)
    head.fill(
      ink,
      map(back, (x, y) => [x * (1 + volume), y]),
    );
  if (style === 'curly') head.fill(darker(hair, 0.1), [ellipse(0, -0.2, 0.88, 0.98), ...curls(-0.1, 0.92, 1.02, 0.21, rough, 0.9)]);
  if (style === 'afro') head.fill(hair, [ellipse(0, -0.35, 1.04, 1), ...curls(-0.35, 1.02, 0.98, 0.24, rough, 1.15)]);
  if (style === 'bun') head.fill(ink, ellipse(0.1 * side, -1.22, 0.34, 0.3));
  if (style === 'pony') head.fill(ink, onSide(blob([0.3, -0.9, 0.8, -0.95, 1.1, -0.5, 1.16, 0.2, 1, 0.85, 0.9, 0.3, 0.8, -0.3]), side));
  if (style === 'pigtails') head.fill(ink, both(blob([0.7, 0, 1, -0.05, 1.2, 0.4, 1.12, 1, 1, 1.15, 0.88, 0.6])));
}

const LOCK = blob([0.5, -0.75, 0.82, -0.5, 0.9, 0, 0.89, 0.7, 0.93, 1.2, 0.76, 1.5, 0.7, 1, 0.73, 0.4, 0.68, -0.1, 0.6, -0.4]);

/** The hair's outer border from the left temple over the crown to the right one. */
const CROWN = [-0.79, 0.05, -0.84, -0.35, -0.68, -0.8, -0.36, -1.06, 0, -1.1, 0.36, -1.06, 0.68, -0.8, 0.84, -0.35, 0.79, 0.05];
const QUIFF = [-0.79, 0.05, -0.84, -0.35, -0.72, -0.8, -0.46, -1.1, 0, -1.3, 0.42, -1.32, 0.74, -0.95, 0.84, -0.35, 0.79, 0.05];

/** The hairline from the right temple to the left one. */
const LINES = {
  high: [0.74, -0.15, 0.66, -0.5, 0.36, -0.64, 0, -0.68, -0.36, -0.64, -0.66, -0.5, -0.74, -0.15],
  parted: [0.74, -0.2, 0.66, -0.42, 0.4, -0.52, 0, -0.62, -0.35, -0.82, -0.55, -0.62, -0.71, -0.3],
  cut: [0.73, 0, 0.68, -0.34, 0.4, -0.38, 0.14, -0.4, -0.14, -0.37, -0.42, -0.4, -0.68, -0.34, -0.73, 0],
  open: [0.73, 0.1, 0.68, -0.3, 0.42, -0.58, 0.1, -0.84, 0, -0.88, -0.3, -0.66, -0.66, -0.34, -0.73, 0.1],
  receding: [0.75, -0.1, 0.68, -0.45, 0.5, -0.84, 0.2, -0.84, 0, -0.76, -0.2, -0.84, -0.5, -0.84, -0.68, -0.45, -0.75, -0.1],
};

const LINE_OF: Partial<Record<Style, keyof typeof LINES>> = {
  parted: 'parted',
  pony: 'parted',
  pigtails: 'open',
  fringe: 'cut',
  bangs: 'cut',
  bob: 'cut',
  straight: 'open',
  wavy: 'open',
  receding: 'receding',
};

/** What frames the forehead and falls over the temples. */
export function paintFrontHair(pens: Pens, { hair, skin }: Person, { style, volume, side, rough }: Hair, { light }: Pose): void {
  if (style === 'bald') return;
  const { face, head } = pens;
  const flat = style === 'buzz' || style === 'receding';
  const line = LINES[LINE_OF[style] ?? 'high'];
  const crown = scaled(style === 'quiff' ? QUIFF : CROWN, flat ? 0.97 : 1 + volume, 0, 0.05);
  const shapes = [onSide(blob([...crown, ...line]), side)];
  if (style === 'curly') shapes.push(...curls(-0.12, 0.74, 0.82, 0.19, rough, 0.72));
  if (style === 'afro') shapes.push(...curls(-0.16, 0.72, 0.66, 0.15, rough, 0.74));
  const shadow = shapes.map(path => map(path, (x, y) => [x * 0.97 - light[0] * 0.03, y + 0.06]));
  face.fill(thin(darker(skin, 0.6), 0.22), shadow, face.cover(FACE));
  face.fill(style === 'buzz' ? fading(mix(hair, skin, 0.15), 0.85, (x, y) => 1.2 - 2.4 * (y + 0.9) + 0.4 * x * x) : hair, shapes);
  if (style === 'straight' || style === 'wavy' || style === 'bangs') {
    const lock = map(LOCK, (x, y) => [x * (1 + volume), style === 'bangs' ? Math.min(y, 1.2) * 0.95 : y]);
    head.fill(hair, both(lock));
    for (const strand of both([0.83, -0.3, 0.82, 0.2, 0.81, 0.7, 0.82, 1.15])) head.line(thin(darker(hair, 0.4), 0.45), strand, 0.025, 0.8);
  }
  if (style !== 'buzz') paintShine(pens, hair, shapes, onSide(line, side), light[0], style === 'afro' || style === 'curly');
}

/** Strands from the hairline to the crown, and a band of light across them. */
function paintShine({ face }: Pens, hair: Color, shapes: Outlines, line: Path, light: number, curly: boolean): void {
  const inside = face.cover(shapes);
  for (let i = 2; i < line.length - 2 && !curly; i += 2) {
    const [x, y] = [line[i]!, line[i + 1]!];
    face.line(thin(darker(hair, 0.4), 0.38), [x, y - 0.03, x * 0.92 + 0.03, y * 0.6 - 0.42, x * 0.55, -1.06], 0.026, 0.8, inside);
  }
  const x = 0.35 * light;
  const band = [x - 0.42, -0.74, x - 0.16, -0.9, x + 0.14, -0.91, x + 0.4, -0.76];
  face.line(thin(lighter(hair, 0.45), curly ? 0.15 : 0.32), band, 0.1, 0.9, inside);
}

const CHEEKS = [0, 0.47, 0.2, 0.46, 0.4, 0.57, 0.6, 0.32, 0.66, 0.05, 0.775, 0.05, 0.76, 0.3, 0.64, 0.64, 0.37, 0.96, 0, 1.06];
const GOATEE = [
  even([0, 0.46, 0.22, 0.51, 0.33, 0.67, 0.3, 0.88, 0.18, 1.03, 0, 1.06]),
  hole(even([0, 0.55, 0.2, 0.58, 0.25, 0.68, 0.18, 0.76, 0, 0.77])),
];
const TUFT = even([0, 0.77, 0.13, 0.79, 0.2, 0.9, 0.12, 1.04, 0, 1.07]);

/** The hair of cheeks and chin, under the mouth. */
export function paintBeard({ face, head }: Pens, { hair, skin }: Person, { beard }: Hair): void {
  const color = mix(hair, skin, 0.08);
  const full = even(CHEEKS);
  if (beard === 'stubble') face.fill(thin(mix(hair, skin, 0.3), 0.4), full, face.cover(FACE));
  if (beard === 'full') face.fill(color, full);
  if (beard === 'long') {
    face.fill(
      color,
      map(full, (x, y) => [x, y < 0.6 ? y : y + (y - 0.6) * 0.9]),
    );
    for (const x of [-0.2, 0, 0.2]) head.line(thin(darker(hair, 0.35), 0.5), [x * 1.3, 0.85, x, 1.1, x * 0.7, 1.32], 0.03, 0.8);
  }
  if (beard === 'goatee') face.fill(color, GOATEE);
  if (beard === 'chin') face.fill(color, TUFT);
}

/** The hair over the mouth. */
export function paintMoustache({ face }: Pens, { hair, skin }: Person, { beard, side }: Hair): void {
  if (beard !== 'moustache' && beard !== 'full' && beard !== 'long') return;
  const half = [0, 0.48, 0.13, 0.47, 0.3, 0.56, 0.34, 0.6, 0.2, 0.59, 0, 0.565];
  const drooping = map(half, (x, y) => [x, side > 0 ? y + 0.7 * x * x : y]);
  const path = blob(drooping);
  face.fill(beard === 'moustache' ? mix(hair, skin, 0.05) : darker(hair, 0.15), [path, mirror(path)]);
}
