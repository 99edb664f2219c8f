// dense forward with the sum over features cut into parts, so that many invocations share the few outputs of a small batch.
// input [batch, features], kernel [features, units], bias [units] -> parts [parts, batch, units], which sum_parts.wgsl adds up
// A workgroup computes ROWS rows by TILE units of one part; each invocation one unit for ROWS rows, so that a weight is loaded once for
// all of them. All invocations read the same input at the same time. Part 0 begins with the bias.

struct Params { batch: u32, features: u32, units: u32, featuresPerPart: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const ROWS: u32 = 8u;
const TILE: u32 = 64u;

@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let unit = group.x * TILE + lane;
  let firstRow = group.y * ROWS;
  let begin = group.z * params.featuresPerPart;
  let end = min(begin + params.featuresPerPart, params.features);
  if (unit >= params.units) { return; }
  var sums = array<f32, ROWS>();
  for (var k = begin; k < end; k++) {
    let weight = kernel[k * params.units + unit];
    // Rows beyond the batch read the last one; their sums are not stored.
    for (var r = 0u; r < ROWS; r++) { sums[r] = fma(input[min(firstRow + r, params.batch - 1u) * params.features + k], weight, sums[r]); }
  }
  let first = select(0.0, bias[unit], group.z == 0u);
  for (var r = 0u; r < ROWS; r++) {
    if (firstRow + r < params.batch) { parts[(group.z * params.batch + firstRow + r) * params.units + unit] = sums[r] + first; }
  }
}
