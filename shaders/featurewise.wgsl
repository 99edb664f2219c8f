// featurewise: takes each channel's mean over a data set away and, where `normalize` is 1, divides by its standard deviation + 1e-6.
// input [rows, channels], statistics [2, channels] (means, then deviations) -> output [rows, channels]
// Source: keras/preprocessing/image.py, ImageDataGenerator.standardize
// One invocation a value.

struct Params { rows: u32, channels: u32, normalize: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> statistics: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const EPSILON: f32 = 1e-6;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.rows * params.channels) { return; }
  let channel = index % params.channels;
  let deviation = select(1.0, statistics[params.channels + channel] + EPSILON, params.normalize == 1u);
  output[index] = (input[index] - statistics[channel]) / deviation;
}
