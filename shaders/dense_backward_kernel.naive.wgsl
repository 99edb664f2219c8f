// dense backward, kernel and bias: dKernel = input transposed · dOutput, dBias[u] = sum over the batch of dOutput[n, u].
// input [batch, features], dOutput [batch, units] -> dKernel [features, units], dBias [units]
// Forward was: output[n, u] = bias[u] + sum over k of input[n, k] * kernel[k, u].
// One invocation a weight, units fastest, then one a bias.

struct Params { batch: u32, features: u32, units: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dKernel: array<f32>;
@group(0) @binding(3) var<storage, read_write> dBias: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let u = index % params.units;
  let k = index / params.units;
  if (k > params.features) { return; }
  var sum = 0.0;
  if (k < params.features) {
    for (var n = 0u; n < params.batch; n++) {
      sum = fma(input[n * params.features + k], dOutput[n * params.units + u], sum);
    }
    dKernel[index] = sum;
  } else {
    for (var n = 0u; n < params.batch; n++) { sum += dOutput[n * params.units + u]; }
    dBias[u] = sum;
  }
}
