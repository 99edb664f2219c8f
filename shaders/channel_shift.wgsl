// channel_shift: adds a number to all values of an image and cuts the result off at the image's own range, then times `rescale`.
// input [batch, size], range [batch, 2] (see image_range.wgsl), transforms [batch, 11] (see augment.wgsl) -> output [batch, size]
// Source: keras/preprocessing/image.py, apply_channel_shift
// One invocation a value.

struct Params { batch: u32, size: u32, rescale: f32 }

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
  output[index] = clamp(input[index] + transforms[n * 11u + 8u], range[n * 2u], range[n * 2u + 1u]) * params.rescale;
}
