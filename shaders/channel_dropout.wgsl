// channel dropout: output[n, place, c] = input[n, place, c] * mask[n, c]; `places` of a picture.
// input [rows, places, channels], mask [rows, channels] -> output [rows, places, channels]
// Its gradient is the same of dOutput. One invocation an element.

struct Params { size: u32, places: u32, channels: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> mask: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let n = index / (params.places * params.channels);
  output[index] = input[index] * mask[n * params.channels + index % params.channels];
}
