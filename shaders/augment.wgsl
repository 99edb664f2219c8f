// augment: turns pictures into what the network sees: an affine map with bilinear sampling, mirrored, times `rescale`.
// pictures [pictures, height, width, channels] of bytes, four to a word, or of float32 where `isFloat` is 1; transforms [batch, 11] -> output [batch, height, width, channels]
// A row of transforms is a00, a01, a10, a11, b0, b1, mirror, flip, channel shift, brightness (these two for other shaders), and which picture; output pixel
// (r, c) samples it at
//   y = a00 * r' + a01 * c' + b0 + (height - 1) / 2,  x = a10 * r' + a11 * c' + b1 + (width - 1) / 2,
// with r', c' counted from the image's centre, which keeps float32 within 1e-5 of a pixel; `mirror` reverses columns and `flip` rows afterwards.
// Outside the image `fillMode` decides, as scipy.ndimage.affine_transform does: 0 nearest, 1 constant (`cval`), 2 reflect (a b | b a), 3 wrap
// (of period size - 1). Source: scipy/ndimage/src/ni_interpolation.c, map_coordinate.
// One invocation an output element, channels fastest.

struct Params { batch: u32, height: u32, width: u32, channels: u32, isFloat: u32, fillMode: u32, cval: f32, rescale: f32 }

@group(0) @binding(0) var<storage, read> pictures: array<u32>;
@group(0) @binding(1) var<storage, read> transforms: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const CONSTANT: u32 = 1u;
const REFLECT: u32 = 2u;
const WRAP: u32 = 3u;

// Where a coordinate outside 0 … size - 1 comes back in, for the one mode that moves coordinates and not indices.
fn wrap(t: f32, size: u32) -> f32 {
  let period = f32(size - 1u);
  if (params.fillMode != WRAP || (t >= 0.0 && t <= period)) { return t; }
  if (size == 1u) { return 0.0; }
  if (t < 0.0) { return t + period * (trunc(-t / period) + 1.0); }
  return t - period * trunc(t / period);
}

// Index of a row or column that may lie outside the image.
fn inside(index: i32, size: u32) -> u32 {
  let last = i32(size) - 1;
  if (params.fillMode != REFLECT) { return u32(clamp(index, 0, last)); }
  let period = 2 * i32(size);
  let folded = ((index % period) + period) % period;
  return u32(min(folded, period - 1 - folded));
}

fn is_outside(t: f32, size: u32) -> bool {
  return t < 0.0 || t > f32(size - 1u);
}

fn pixel(n: u32, row: u32, column: u32, channel: u32) -> f32 {
  let index = ((n * params.height + row) * params.width + column) * params.channels + channel;
  if (params.isFloat == 1u) { return bitcast<f32>(pictures[index]); }
  return f32(extractBits(pictures[index / 4u], 8u * (index % 4u), 8u));
}

fn sample(n: u32, y: f32, x: f32, channel: u32) -> f32 {
  if (params.fillMode == CONSTANT && (is_outside(y, params.height) || is_outside(x, params.width))) { return params.cval; }
  let row = wrap(y, params.height);
  let column = wrap(x, params.width);
  let top = inside(i32(floor(row)), params.height);
  let bottom = inside(i32(floor(row)) + 1, params.height);
  let left = inside(i32(floor(column)), params.width);
  let right = inside(i32(floor(column)) + 1, params.width);
  let weight = fract(column);
  let above = mix(pixel(n, top, left, channel), pixel(n, top, right, channel), weight);
  let below = mix(pixel(n, bottom, left, channel), pixel(n, bottom, right, channel), weight);
  return mix(above, below, fract(row));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.height * params.width * params.channels) { return; }
  let channel = index % params.channels;
  let c = index / params.channels % params.width;
  let r = index / (params.channels * params.width) % params.height;
  let n = index / (params.channels * params.width * params.height);

  let t = n * 11u;
  let picture = u32(transforms[t + 10u]);
  let mirrored = select(c, params.width - 1u - c, transforms[t + 6u] != 0.0);
  let flipped = select(r, params.height - 1u - r, transforms[t + 7u] != 0.0);
  let center = vec2<f32>(f32(params.height - 1u), f32(params.width - 1u)) * 0.5;
  let p = vec2<f32>(f32(flipped), f32(mirrored)) - center;
  let y = fma(transforms[t], p.x, fma(transforms[t + 1u], p.y, transforms[t + 4u])) + center.x;
  let x = fma(transforms[t + 2u], p.x, fma(transforms[t + 3u], p.y, transforms[t + 5u])) + center.y;
  output[index] = sample(picture, y, x, channel) * params.rescale;
}
