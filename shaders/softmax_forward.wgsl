// softmax forward, over the last axis: output[n, u] = exp(input[n, u] - max) / sum over v of exp(input[n, v] - max).
// input (logits) [batch, units] -> output (probabilities) [batch, units]
// One invocation a row. Subtracting the row's largest value keeps exp from overflowing.

struct Params { batch: u32, units: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let n = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (n >= params.batch) { return; }
  let row = n * params.units;
  var largest = input[row];
  for (var u = 1u; u < params.units; u++) { largest = max(largest, input[row + u]); }
  var sum = 0.0;
  for (var u = 0u; u < params.units; u++) { sum += exp(input[row + u] - largest); }
  for (var u = 0u; u < params.units; u++) { output[row + u] = exp(input[row + u] - largest) / sum; }
}
