// sum_parts: output[i] = sum over p of parts[p, i], in the order of p: the end of a sum that was cut into parts.
// parts [count, size] -> output [size]
// One invocation an output element.

struct Params { count: u32, size: u32 }

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  var sum = 0.0;
  for (var p = 0u; p < params.count; p++) { sum += parts[p * params.size + index]; }
  output[index] = sum;
}
