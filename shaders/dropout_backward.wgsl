// dropout backward: dInput[n, place, c] = dOutput[n, place, c] * mask[n, c].
// mask [rows, channels], dOutput [rows, places, channels] -> dInput, of its shape
// One invocation an element.

struct Params { size: u32, places: u32, channels: u32 }

@group(0) @binding(0) var<storage, read> mask: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  // Needs no division, which costs more than the product.
  if (params.places == 1u) { dInput[index] = dOutput[index] * mask[index]; return; }
  let n = index / (params.places * params.channels);
  dInput[index] = dOutput[index] * mask[n * params.channels + index % params.channels];
}
