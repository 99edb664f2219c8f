/** Red, green and blue, each from 0 to 1. */
export type Color = readonly [red: number, green: number, blue: number];

/** The colour of a hexadecimal code such as 0xffcc00. */
export const hex = (code: number): Color => [(code >> 16) / 255, ((code >> 8) & 255) / 255, (code & 255) / 255];

export const WHITE = hex(0xffffff);
export const INK = hex(0x2a2329);

/** The colour a share `t` of the way from one to another. */
export const mix = (from: Color, to: Color, t: number): Color => [
  from[0] + (to[0] - from[0]) * t,
  from[1] + (to[1] - from[1]) * t,
  from[2] + (to[2] - from[2]) * t,
];

export const lighter = (color: Color, t: number): Color => mix(color, WHITE, t);

/** The colour in shade: green and blue fade a little before red, as on skin and cloth in warm light. */
export const darker = (color: Color, t: number): Color => [color[0] * (1 - 0.85 * t), color[1] * (1 - t), color[2] * (1 - 0.95 * t)];

/** How bright a colour looks, from 0 to 1. */
export const luma = ([red, green, blue]: Color): number => 0.3 * red + 0.59 * green + 0.11 * blue;

/** Colours of clothes, scarves, hats and things in the background. Those of masks are among them, so that a colour alone tells nothing. */
export const FABRICS = [
  0xf7f7f5, 0xe9eef2, 0xa9d3ea, 0x7fb9de, 0x4f94c9, 0xa8dccb, 0x5fb59c, 0x25282d, 0x3a3f47, 0x6d7580, 0xb9bfc5, 0xf2b8c6, 0xd9748f,
  0xc94f4f, 0x8f2f3c, 0xe88e4d, 0xf2c14e, 0xf4e3b2, 0x7f9f54, 0x3f6b4f, 0x27406b, 0x4a5fa8, 0x8a6fb5, 0xc9b3e2, 0x7a5338, 0xc9a27c,
  0xe0b99a, 0xa8764f,
].map(hex);

export const SURGICAL = [
  0x8cc3e6, 0xa9d5ee, 0x6fb3dd, 0x5aa3d4, 0xf4f7f9, 0xeef3f6, 0xe3edf3, 0x9fd9c6, 0x8fd0ce, 0x24272b, 0xf3c3cf, 0xcfc0e6,
].map(hex);

/** Colours of cloth masks besides: few of them are like skin. */
export const CLOTHS = [
  0xf7f7f5, 0xb9bfc5, 0x6d7580, 0x25282d, 0x27406b, 0x4a5fa8, 0x4f94c9, 0x5fb59c, 0x3f6b4f, 0x8a6fb5, 0xc9b3e2, 0xd9748f, 0xc94f4f,
  0xf2c14e, 0xf4e3b2,
].map(hex);

/** From the deepest to the lightest. */
export const SKINS = [0x4a2d20, 0x60402e, 0x7a5039, 0x8d5c40, 0xa87350, 0xc18d66, 0xd5a47f, 0xe3b68f, 0xecc3a0, 0xf3d0b2].map(hex);

export const HAIRS = [
  0x15110f, 0x1f1815, 0x2b1f1a, 0x3b2a20, 0x513625, 0x6b4529, 0x8a5a30, 0xa8472a, 0xb98a4a, 0xd8b36a, 0xe8cf98, 0x8f8a86, 0xb9b6b3,
  0xe4e2df,
].map(hex);

export const DYES = [0x3f6fb5, 0xc94f8f, 0x7a52b3, 0x3f9f8f, 0xd9583f].map(hex);

export const IRISES = [0x2f1d14, 0x4a2d1a, 0x6b4426, 0x7f6a3a, 0x55733f, 0x3f7f8f, 0x4f83b8, 0x7f8f9c].map(hex);
