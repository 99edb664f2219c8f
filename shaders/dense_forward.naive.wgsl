// dense forward: output = input · kernel + bias.
// input [batch, features], kernel [features, units], bias [units] -> output [batch, units]
// One invocation an output element. Sums of BLOCK products are added up apart: one long float32 sum would lose digits.

struct Params { batch: u32, features: u32, units: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const BLOCK: u32 = 256u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.units) { return; }
  let u = index % params.units;
  let row = index / params.units * params.features;
  var sum = bias[u];
  for (var start = 0u; start < params.features; start += BLOCK) {
    var blockSum = 0.0;
    for (var k = start; k < min(start + BLOCK, params.features); k++) {
      blockSum = fma(input[row + k], kernel[k * params.units + u], blockSum);
    }
    sum += blockSum;
  }
  output[index] = sum;
}
