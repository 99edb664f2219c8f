// hard sigmoid backward: dInput = dOutput * slope where slope * input + 0.5 lies between 0 and 1, slopeAtEnds where it is one of them, else 0; any shape.
// Forward was: output = slope * input + 0.5, held in 0 … 1. One invocation an element.

struct Params { size: u32, slope: f32, slopeAtEnds: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let y = params.slope * input[index] + 0.5;
  let held = select(0.0, params.slopeAtEnds, y == 0.0 || y == 1.0);
  dInput[index] = dOutput[index] * select(held, params.slope, y > 0.0 && y < 1.0);
}
