// dense forward with the sum over features cut into parts, so that many invocations share the few outputs of a small batch.
// input [batch, features], kernel [features, units], bias [units] -> parts [parts, batch, units], which sum_parts.wgsl adds up
// A workgroup computes ROWS rows by TILE units of one part; each invocation one unit for ROWS rows, so that a weight is loaded once for
// all of them. The inputs of DEPTH features at a time lie in workgroup memory, where all invocations read the same one. Part 0 begins with the bias.

struct Params { batch: u32, features: u32, units: u32, featuresPerPart: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const ROWS: u32 = 8u;
const TILE: u32 = 64u;
const DEPTH: u32 = 32u;
const FOURS: u32 = (ROWS + 3u) / 4u;

// By the feature; the rows in fours.
var<workgroup> inputs: array<array<vec4<f32>, FOURS>, DEPTH>;

@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let unit = group.x * TILE + lane;
  let firstRow = group.y * ROWS;
  let end = min((group.z + 1u) * params.featuresPerPart, params.features);
  var sums = array<vec4<f32>, FOURS>();
  for (var start = group.z * params.featuresPerPart; start < end; start += DEPTH) {
    workgroupBarrier();
    for (var i = lane; i < DEPTH * 4u * FOURS; i += TILE) {
      let k = start + i % DEPTH;
      let r = i / DEPTH;
      var value = 0.0;
      if (k < end && r < ROWS && firstRow + r < params.batch) { value = input[(firstRow + r) * params.features + k]; }
      inputs[i % DEPTH][r / 4u][r % 4u] = value;
    }
    workgroupBarrier();
    // Features and units beyond the end read the last ones: those inputs are zero, and those units' sums are not stored.
    for (var i = 0u; i < DEPTH; i++) {
      let weight = kernel[min(start + i, params.features - 1u) * params.units + min(unit, params.units - 1u)];
      for (var f = 0u; f < FOURS; f++) { sums[f] = fma(inputs[i][f], vec4<f32>(weight), sums[f]); }
    }
  }
  if (unit >= params.units) { return; }
  let first = select(0.0, bias[unit], group.z == 0u);
  for (var r = 0u; r < ROWS; r++) {
    if (firstRow + r < params.batch) { parts[(group.z * params.batch + firstRow + r) * params.units + unit] = sums[r / 4u][r % 4u] + first; }
  }
}
