// bias backward: dBias[u] = sum over rows of dOutput[row, u].
// dOutput [rows, units] (all axes but the last as one) -> parts [parts, units], which sum_parts.wgsl adds up; where there is one part, it is dBias
// Forward was: output[row, u] = … + bias[u].
// A workgroup sums rowsPerPart rows of COLUMNS units: invocations beside each other read units beside each other. SLICES invocations share a unit: each
// sums every SLICES-th row, PASS of them at a time, so that memory has several numbers to bring at once; then their sums are added pairwise.

struct Params { rows: u32, units: u32, rowsPerPart: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read_write> parts: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const COLUMNS: u32 = 32u;
const SLICES: u32 = 8u;
const PASS: u32 = 4u;
const WORKGROUP_SIZE: u32 = COLUMNS * SLICES;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let unit = group.x * COLUMNS + lane % COLUMNS;
  let begin = group.y * params.rowsPerPart;
  let end = min(begin + params.rowsPerPart, params.rows);
  var sum = 0.0;
  if (unit < params.units) {
    for (var first = begin + lane / COLUMNS; first < end; first += PASS * SLICES) {
      for (var i = 0u; i < PASS; i++) {
        let row = first + i * SLICES;
        if (row < end) { sum += dOutput[row * params.units + unit]; }
      }
    }
  }
  partial[lane] = sum;
  for (var half = SLICES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half * COLUMNS) { partial[lane] += partial[lane + half * COLUMNS]; }
  }
  if (lane < COLUMNS && unit < params.units) { parts[group.y * params.units + unit] = partial[lane]; }
}
