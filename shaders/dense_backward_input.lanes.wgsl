// dense backward, input: dInput = dOutput · kernel transposed, for drivers whose loads cost far more than arithmetic.
// dOutput [batch, units], kernel [features, units] -> dInput [batch, features]
// A workgroup is one subgroup. It computes ROWS rows by LANES * COLUMNS features, COLUMNS features an invocation: each weight is loaded once for
// all rows, and a gradient, by the invocation whose unit it is, once for all features. Sums stay in registers.

enable subgroups;

struct Params { batch: u32, features: u32, units: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const LANES: u32 = 8u;
const ROWS: u32 = 8u;
const COLUMNS: u32 = 4u;
// Units of a round: few enough for the loops over them to be unrolled.
const UNITS: u32 = min(LANES, 8u);

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let firstFeature = group.x * LANES * COLUMNS + lane;
  let firstRow = group.y * ROWS;
  var sums = array<array<f32, COLUMNS>, ROWS>();
  for (var u = 0u; u < params.units; u += UNITS) {
    let own = u + lane % UNITS;
    var gradients = array<f32, ROWS>();
    for (var r = 0u; r < ROWS; r++) {
      // Rows beyond the batch read the last one; their sums are not stored. Units beyond the last count nothing.
      gradients[r] = select(0.0, dOutput[min(firstRow + r, params.batch - 1u) * params.units + own], own < params.units);
    }
    for (var i = 0u; i < UNITS; i++) {
      for (var c = 0u; c < COLUMNS; c++) {
        let weight = kernel[(firstFeature + LANES * c) * params.units + u + i];
        for (var r = 0u; r < ROWS; r++) { sums[r][c] = fma(subgroupShuffle(gradients[r], i), weight, sums[r][c]); }
      }
    }
  }
  for (var c = 0u; c < COLUMNS; c++) {
    let feature = firstFeature + LANES * c;
    for (var r = 0u; r < ROWS; r++) {
      if (firstRow + r < params.batch && feature < params.features) { dInput[(firstRow + r) * params.features + feature] = sums[r][c]; }
    }
  }
}
