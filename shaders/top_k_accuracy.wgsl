// top_k_accuracy: how many valid rows have fewer than k outputs above the one where their largest label is, the first of equal labels.
// output and labels [batch, units] -> correct [1]
// These are rows `firstRow` … of a batch of which `rows` are valid. One workgroup: invocations count strided rows, then pairwise.
// Source: tf.math.in_top_k, in which an output that equals the last of the k is among them.

struct Params { batch: u32, units: u32, firstRow: u32, rows: u32, k: u32 }

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read_write> correct: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn is_in_top(row: u32) -> bool {
  var wanted = 0u;
  for (var u = 1u; u < params.units; u++) {
    if (labels[row + u] > labels[row + wanted]) { wanted = u; }
  }
  var above = 0u;
  for (var u = 0u; u < params.units; u++) {
    if (output[row + u] > output[row + wanted]) { above += 1u; }
  }
  return above < params.k;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  let valid = params.rows - min(params.rows, params.firstRow);
  for (var n = lane; n < min(valid, params.batch); n += WORKGROUP_SIZE) { sum += select(0.0, 1.0, is_in_top(n * params.units)); }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u) { correct[0] = partial[0]; }
}
