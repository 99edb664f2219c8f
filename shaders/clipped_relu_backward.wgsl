// clipped relu backward: dInput = dOutput * (1 between threshold and most, slopeAtMost at most, 0 beyond; slope below threshold, slopeAtThreshold at it); any shape.
// Forward was: output = min(input, most) where input > threshold, else slope * (input - threshold). One invocation an element.

struct Params { size: u32, slope: f32, threshold: f32, most: f32, slopeAtThreshold: f32, slopeAtMost: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let x = input[index];
  let above = select(select(0.0, params.slopeAtMost, x == params.most), 1.0, x < params.most);
  let below = select(params.slope, params.slopeAtThreshold, x == params.threshold);
  dInput[index] = dOutput[index] * select(below, above, x > params.threshold);
}
