// penalty backward: dWeight[i] = l1 * sign(weight[i]) + 2 * l2 * weight[i], with sign(0) = 0.
// weight [size] (all axes as one) -> dWeight, the same shape
// Source: keras/regularizers.py, L1L2
// One invocation an element.

struct Params { size: u32, l1: f32, l2: f32 }

@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> dWeight: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  dWeight[index] = params.l1 * sign(weight[index]) + 2.0 * params.l2 * weight[index];
}
