// dense backward, input: dInput = dOutput · kernel transposed.
// dOutput [batch, units], kernel [features, units] -> dInput [batch, features]
// Forward was: output[n, u] += input[n, k] * kernel[k, u].
// One invocation an input element, features fastest.

struct Params { batch: u32, features: u32, units: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.features) { return; }
  let k = index % params.features;
  let n = index / params.features;
  var sum = 0.0;
  for (var u = 0u; u < params.units; u++) {
    sum = fma(dOutput[n * params.units + u], kernel[k * params.units + u], sum);
  }
  dInput[index] = sum;
}
