// dense forward with the sum over features cut into parts, for drivers whose loads cost far more than arithmetic.
// input [batch, features], kernel [features, units], bias [units] -> parts [parts, batch, units], which sum_parts.wgsl adds up
// A workgroup is one subgroup. It computes ROWS rows by LANES * COLUMNS units of one part, COLUMNS units an invocation: each weight is loaded once
// for all rows, and an input, by the invocation whose feature it is, once for all units. Sums stay in registers. Part 0 begins with the bias.

enable subgroups;

struct Params { batch: u32, features: u32, units: u32, featuresPerPart: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const LANES: u32 = 8u;
const ROWS: u32 = 8u;
const COLUMNS: u32 = 4u;
// Features of a round: few enough for the loops over them to be unrolled.
const FEATURES: u32 = min(LANES, 8u);

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let firstUnit = group.x * LANES * COLUMNS + lane;
  let firstRow = group.y * ROWS;
  let begin = group.z * params.featuresPerPart;
  let end = min(begin + params.featuresPerPart, params.features);
  var sums = array<array<f32, COLUMNS>, ROWS>();
  for (var k = begin; k < end; k += FEATURES) {
    let own = k + lane % FEATURES;
    var inputs = array<f32, ROWS>();
    for (var r = 0u; r < ROWS; r++) {
      // Rows beyond the batch read the last one; their sums are not stored. Features beyond the part's last count nothing.
      inputs[r] = select(0.0, input[min(firstRow + r, params.batch - 1u) * params.features + own], own < end);
    }
    for (var i = 0u; i < FEATURES; i++) {
      for (var c = 0u; c < COLUMNS; c++) {
        let weight = kernel[(k + i) * params.units + firstUnit + LANES * c];
        for (var r = 0u; r < ROWS; r++) { sums[r][c] = fma(subgroupShuffle(inputs[r], i), weight, sums[r][c]); }
      }
    }
  }
  for (var c = 0u; c < COLUMNS; c++) {
    let unit = firstUnit + LANES * c;
    let first = select(0.0, bias[unit], group.z == 0u);
    for (var r = 0u; r < ROWS; r++) {
      if (firstRow + r < params.batch && unit < params.units) { parts[(group.z * params.batch + firstRow + r) * params.units + unit] = sums[r][c] + first; }
    }
  }
}
