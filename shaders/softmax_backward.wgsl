// softmax backward: dInput[n, u] = output[n, u] * (dOutput[n, u] - sum over v of dOutput[n, v] * output[n, v]).
// output (probabilities) and dOutput [batch, units] -> dInput [batch, units]
// One invocation a row.

struct Params { batch: u32, units: u32 }

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let n = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (n >= params.batch) { return; }
  let row = n * params.units;
  var mean = 0.0;
  for (var u = 0u; u < params.units; u++) { mean = fma(dOutput[row + u], output[row + u], mean); }
  for (var u = 0u; u < params.units; u++) { dInput[row + u] = output[row + u] * (dOutput[row + u] - mean); }
}
