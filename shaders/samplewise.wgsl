// samplewise: takes an image's mean away and, where `normalize` is 1, divides by its standard deviation + 1e-6.
// input [batch, size], moments [batch, 2] (see image_moments.wgsl) -> output [batch, size]
// Source: keras/preprocessing/image.py, ImageDataGenerator.standardize
// One invocation a value.

struct Params { batch: u32, size: u32, normalize: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> moments: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const EPSILON: f32 = 1e-6;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.size) { return; }
  let n = index / params.size;
  let deviation = select(1.0, moments[n * 2u + 1u] + EPSILON, params.normalize == 1u);
  output[index] = (input[index] - moments[n * 2u]) / deviation;
}
