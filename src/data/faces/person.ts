import type { RandomState } from '../../engine/random.js';
import { type Color, DYES, darker, HAIRS, hex, IRISES, luma, mix, SKINS } from './color.js';
import { type Canvas, type Frame, Pen } from './paint.js';
import { even, type Path, rotation, square } from './path.js';

/** True with a probability. */
export const chance = (random: RandomState, probability: number): boolean => random.random() < probability;

/** A colour between two neighbours of a list. */
export function between(colors: readonly Color[], random: RandomState): Color {
  const at = random.uniform(0, colors.length - 1);
  const i = Math.min(Math.floor(at), colors.length - 2);
  return mix(colors[i]!, colors[i + 1]!, at - i);
}

/** How a head is held and lit. */
export interface Pose {
  /** Centre of the upright head and half its height, as shares of the picture. */
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  /** Tangent of half the angle by which it leans to the picture's right. */
  readonly roll: number;
  /** -1 looks to the picture's left, 1 to the right; -1 up, 1 down. */
  readonly yaw: number;
  readonly nod: number;
  /** Where the light comes from. */
  readonly light: readonly [x: number, y: number];
}

export function pickPose(random: RandomState): Pose {
  const scale = random.uniform(0.29, 0.37);
  const slack = 0.42 - scale;
  return {
    x: 0.5 + random.uniform(-0.6, 0.6) * slack,
    y: 0.48 + random.uniform(-0.5, 0.6) * slack,
    scale,
    roll: random.uniform(-0.13, 0.13) * random.random(),
    yaw: random.uniform(-0.85, 0.85),
    nod: random.uniform(-0.5, 0.5),
    light: [random.uniform(-1, 1), random.uniform(-0.8, -0.1)],
  };
}

/** What many parts of a person depend on. Measures are in the head's coordinates. */
export interface Person {
  readonly skin: Color;
  /** Skin in shade, and lines on it. */
  readonly shade: Color;
  readonly crease: Color;
  readonly hair: Color;
  readonly lips: Color;
  readonly iris: Color;
  readonly age: 'child' | 'adult' | 'old';
  readonly bearded: boolean;
  /** Half widths. */
  readonly cheeks: number;
  readonly jaw: number;
  readonly chin: number;
  readonly neck: number;
  readonly shoulders: number;
  /** Heights. */
  readonly eyes: number;
  readonly nose: number;
  readonly mouth: number;
}

export function pickPerson(random: RandomState): Person {
  const skin = between(SKINS, random);
  const age = random.choice(['child', 'adult', 'adult', 'adult', 'old'] as const);
  const child = age === 'child' ? 1 : 0;
  const bearded = chance(random, 0.35) && age !== 'child';
  const natural = between(age === 'old' ? HAIRS.slice(-3) : HAIRS.slice(0, luma(skin) > 0.55 ? 11 : 5), random);
  const dye = random.choice(DYES);
  const rosy = hex(random.choice([0xb5483f, 0xc25b5b, 0xa8504a, 0xb8405c]));
  return {
    skin,
    shade: darker(skin, 0.35),
    crease: darker(skin, 0.5),
    hair: chance(random, 0.06) && !bearded ? dye : natural,
    lips: mix(darker(skin, 0.12), rosy, random.uniform(0.2, 0.75)),
    iris: between(luma(skin) > 0.6 ? IRISES : IRISES.slice(0, 3), random),
    age,
    bearded,
    cheeks: random.uniform(0.72, 0.8),
    jaw: random.uniform(0.54, 0.64) + 0.04 * child,
    chin: random.uniform(0.27, 0.37) + 0.03 * child,
    neck: random.uniform(0.33, 0.43) - 0.04 * child,
    shoulders: random.uniform(1.25, 1.6) - 0.15 * child,
    eyes: random.uniform(-0.1, 0) + 0.1 * child,
    nose: random.uniform(0.31, 0.37) + 0.05 * child,
    mouth: random.uniform(0.6, 0.66) + 0.02 * child,
  };
}

/**
 * Pens for a person. All people are drawn as the same one, whom the pens bend to their measures: the crown at y = -1, the chin at 1,
 * the eyes at -0.05, the nose's base at 0.34, the mouth at 0.63, the ears near x = -0.78 and 0.78. `face` follows the head's turn and nod as
 * a front does, `head` only how it leans, `body` stays upright.
 */
export interface Pens {
  readonly face: Pen;
  readonly head: Pen;
  readonly body: Pen;
}

/** The height at which the head joins the body. */
const PIVOT = 1.1;

/** Where a leaning head lies on the picture. */
export function headFrame({ x, y, scale, roll }: Pose): Frame {
  const [cos, sin] = rotation(roll);
  return { x: x + PIVOT * scale * sin, y: y + PIVOT * scale * (1 - cos), scale, roll };
}

export function pensOf(canvas: Canvas, person: Person, pose: Pose): Pens {
  const { x, y, scale, yaw, nod } = pose;
  const frame = headFrame(pose);
  const heights = [-0.7, -0.7, -0.05, person.eyes, 0.34, person.nose, 0.63, person.mouth, 1, 1];
  const widths = [-1, 0, -0.5, person.cheeks - 0.76, 0.25, person.cheeks - 0.76, 0.6, person.jaw - 0.6, 0.92, person.chin - 0.32, 1.3, 0];
  const outline = [-1, 0.42, -0.5, 0.72, 0.25, 0.74, 0.6, 0.6, 0.92, 0.32, 1.3, 0.32];
  const shape = (u: number, v: number): readonly [number, number] => {
    const side = Math.min(Math.max(u / interpolate(outline, v), -1), 1);
    return [u + side * interpolate(widths, v), v < -0.7 || v > 1 ? v : interpolate(heights, v)];
  };
  const turn = (u: number, v: number): readonly [number, number] => {
    const [across, down] = shape(u, v);
    return [across + 0.24 * yaw * Math.max(0, 1 - square(across) / 0.7), down + 0.12 * nod * Math.max(0, 1 - square(down))];
  };
  const girth = [1.3, person.neck / 0.38, 1.6, person.shoulders / 1.42];
  return {
    face: new Pen(canvas, { ...frame, bend: turn }),
    head: new Pen(canvas, { ...frame, bend: shape }),
    body: new Pen(canvas, { x, y, scale, roll: 0, bend: (u, v) => [u * interpolate(girth, v), v] }),
  };
}

/** The value at a place from a list of place, value, place, value, …, straight between them. */
function interpolate(list: readonly number[], at: number): number {
  let i = 2;
  while (i < list.length - 2 && list[i]! < at) i += 2;
  const t = (at - list[i - 2]!) / (list[i]! - list[i - 2]!);
  return list[i - 1]! + (list[i + 1]! - list[i - 1]!) * Math.min(Math.max(t, 0), 1);
}

/** The bare head, from the crown to the chin. */
export const FACE: Path = even([0, -1, 0.42, -0.92, 0.7, -0.55, 0.76, -0.05, 0.73, 0.25, 0.6, 0.6, 0.32, 0.9, 0, 1]);
