// normalization: output = gamma * (input - mean) / sqrt(variance + epsilon) + beta, by channel.
// input [count, channels] (all axes but the last as one), the others [channels] -> output [count, channels]
// One invocation an element.

struct Params { count: u32, channels: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read> beta: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.count * params.channels) { return; }
  let c = index % params.channels;
  output[index] = gamma[c] / sqrt(variance[c] + params.epsilon) * (input[index] - mean[c]) + beta[c];
}
