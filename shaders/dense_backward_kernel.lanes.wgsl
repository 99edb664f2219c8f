// dense backward, kernel and bias: dKernel = input transposed · dOutput, dBias[u] = sum over the batch of dOutput[n, u], for drivers whose loads cost far more
// than arithmetic.
// input [batch, features], dOutput [batch, units] -> dKernel [features, units], dBias [units]
// A workgroup is one subgroup. It computes GROUP_FEATURES rows by LANES * COLUMNS columns of dKernel, COLUMNS columns an invocation, from ROWS rows
// of the batch a round. The gradients stay in registers; an input is loaded by the invocation whose feature it is, and passed round.
// The workgroups of the first features write dBias too.

enable subgroups;

struct Params { batch: u32, features: u32, units: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dKernel: array<f32>;
@group(0) @binding(3) var<storage, read_write> dBias: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const LANES: u32 = 8u;
const ROWS: u32 = 8u;
const COLUMNS: u32 = 4u;
const GROUP_FEATURES: u32 = 256u;
// Features of a round: few enough for the loops over them to be unrolled.
const FEATURES: u32 = min(LANES, 8u);

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let firstUnit = group.x * LANES * COLUMNS + lane;
  let begin = group.y * GROUP_FEATURES;
  let end = min(begin + GROUP_FEATURES, params.features);
  for (var firstRow = 0u; firstRow < params.batch; firstRow += ROWS) {
    // Rows beyond the batch have no gradients, and read the last row's input.
    var gradients = array<array<f32, COLUMNS>, ROWS>();
    for (var r = 0u; r < ROWS; r++) {
      for (var c = 0u; c < COLUMNS; c++) {
        if (firstRow + r < params.batch) { gradients[r][c] = dOutput[(firstRow + r) * params.units + firstUnit + LANES * c]; }
      }
    }
    if (group.y == 0u) {
      for (var c = 0u; c < COLUMNS; c++) {
        let unit = firstUnit + LANES * c;
        var sum = 0.0;
        for (var r = 0u; r < ROWS; r++) { sum += gradients[r][c]; }
        if (unit < params.units) {
          if (firstRow > 0u) { sum += dBias[unit]; }
          dBias[unit] = sum;
        }
      }
    }
    for (var k = begin; k < end; k += FEATURES) {
      var inputs = array<f32, ROWS>();
      for (var r = 0u; r < ROWS; r++) { inputs[r] = input[min(firstRow + r, params.batch - 1u) * params.features + k + lane % FEATURES]; }
      for (var i = 0u; i < FEATURES; i++) {
        for (var c = 0u; c < COLUMNS; c++) {
          var sum = 0.0;
          for (var r = 0u; r < ROWS; r++) { sum = fma(subgroupShuffle(inputs[r], i), gradients[r][c], sum); }
          let unit = firstUnit + LANES * c;
          let index = (k + i) * params.units + unit;
          if (k + i < end && unit < params.units) {
            if (firstRow > 0u) { sum += dKernel[index]; }
            dKernel[index] = sum;
          }
        }
      }
    }
  }
}
