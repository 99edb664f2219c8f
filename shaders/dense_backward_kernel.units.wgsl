// dense backward, kernel: dKernel = input transposed · dOutput, a column of dOutput kept in registers.
// input [batch, features], dOutput [batch, units] -> dKernel [features, units]
// A workgroup computes `featuresPerGroup` rows by LANES columns of dKernel, one column an invocation. All invocations read the same input
// at the same time, and ROWS gradients serve all features of the group. More than ROWS rows are added up in rounds.

struct Params { batch: u32, features: u32, units: u32, featuresPerGroup: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dKernel: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const LANES: u32 = 64u;
const ROWS: u32 = 8u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let unit = group.x * LANES + lane;
  if (unit >= params.units) { return; }
  let begin = group.y * params.featuresPerGroup;
  let end = min(begin + params.featuresPerGroup, params.features);
  for (var firstRow = 0u; firstRow < params.batch; firstRow += ROWS) {
    // Rows beyond the batch count nothing: their gradient is zero, and they read the last row's input.
    var gradients = array<f32, ROWS>();
    for (var r = 0u; r < ROWS; r++) {
      if (firstRow + r < params.batch) { gradients[r] = dOutput[(firstRow + r) * params.units + unit]; }
    }
    for (var k = begin; k < end; k++) {
      var sum = 0.0;
      for (var r = 0u; r < ROWS; r++) {
        sum = fma(input[min(firstRow + r, params.batch - 1u) * params.features + k], gradients[r], sum);
      }
      let index = k * params.units + unit;
      if (firstRow > 0u) { sum += dKernel[index]; }
      dKernel[index] = sum;
    }
  }
}
