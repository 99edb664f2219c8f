// scaled elu backward: dInput = dOutput * (scale where output > 0, output + scale * alpha below, slopeAtZero at 0); any shape.
// Forward was: output = scale * (input where input > 0, else alpha * (exp(input) - 1)). One invocation an element.

struct Params { size: u32, alpha: f32, scale: f32, slopeAtZero: f32 }

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let y = output[index];
  let held = select(params.slopeAtZero, y + params.scale * params.alpha, y < 0.0);
  dInput[index] = dOutput[index] * select(held, params.scale, y > 0.0);
}
