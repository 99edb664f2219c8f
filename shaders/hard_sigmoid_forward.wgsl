// hard sigmoid forward: output = slope * input + 0.5, held in 0 … 1, element by element; any shape.
// One invocation an element.

struct Params { size: u32, slope: f32, slopeAtEnds: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  output[index] = clamp(params.slope * input[index] + 0.5, 0.0, 1.0);
}
