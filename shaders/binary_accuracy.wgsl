// binary_accuracy: over the valid rows, the sum of the share of units where output > 0.5 says what the label says.
// output and labels [batch, units] -> correct [1]
// These are rows `firstRow` … of a batch of which `rows` are valid. One workgroup: invocations count strided rows, then pairwise.

struct Params { batch: u32, units: u32, firstRow: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read_write> correct: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn share_correct(row: u32) -> f32 {
  var count = 0.0;
  for (var u = 0u; u < params.units; u++) {
    if (select(0.0, 1.0, output[row + u] > 0.5) == labels[row + u]) { count += 1.0; }
  }
  return count / f32(params.units);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  let valid = params.rows - min(params.rows, params.firstRow);
  for (var n = lane; n < min(valid, params.batch); n += WORKGROUP_SIZE) { sum += share_correct(n * params.units); }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u) { correct[0] = partial[0]; }
}
