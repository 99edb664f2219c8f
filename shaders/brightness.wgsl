// brightness: what PIL's ImageEnhance.Brightness makes of an image, by its byte rules, then times `rescale`.
// input [batch, size], range [batch, 2] (see image_range.wgsl), transforms [batch, 11] (see augment.wgsl) -> output [batch, size]
// The values are cut to bytes, blended with black (byte * factor) and cut to bytes again. Images with values outside 0 … 255, and all where
// `stretch` is 1 (as releases up to keras-preprocessing 1.1.2 did), are stretched from their range to 0 … 255 first; only the former back again.
// Source: keras/preprocessing/image.py, apply_brightness_shift; Pillow, src/libImaging/Blend.c
// One invocation a value.

struct Params { batch: u32, size: u32, stretch: u32, rescale: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> range: array<f32>;
@group(0) @binding(2) var<storage, read> transforms: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.size) { return; }
  let n = index / params.size;
  let factor = transforms[n * 11u + 9u];
  let low = range[n * 2u];
  let width = range[n * 2u + 1u] - low;
  let isOutside = low < 0.0 || low + width > 255.0;
  var value = input[index];
  if (isOutside || params.stretch == 1u) {
    value -= low;
    // An image of one value only is all black.
    if (width != 0.0) { value = value / width * 255.0; }
  }
  // A factor of 0 or 1 copies bytes; PIL does not compute then.
  value = clamp(trunc(trunc(value) * factor), 0.0, 255.0);
  if (isOutside && params.stretch == 0u) { value = value / 255.0 * width + low; }
  output[index] = value * params.rescale;
}
