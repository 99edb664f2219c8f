// mean_absolute_error forward: the mean over the valid rows of the weighted loss of each.
// output and labels [batch, units], weights [batch] -> loss [1]
// Of a row: the mean over units of |p - y|.
// These are rows `firstRow` … of a batch of which `rows` are valid (fewer where it is the last); rows beyond count for nothing, and the sum is
// divided by `rows`. One workgroup: invocations sum strided rows, then pairwise.

struct Params { batch: u32, units: u32, firstRow: u32, rows: u32, weighted: u32 }

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn row_loss(row: u32) -> f32 {
  var sum = 0.0;
  for (var u = 0u; u < params.units; u++) { sum += abs(output[row + u] - labels[row + u]); }
  return sum / f32(params.units);
}

// What row n counts for: weights[n], or 1 where the rows have no weights and `weights` is any other tensor.
fn weight_of(n: u32) -> f32 { return select(1.0, weights[n], params.weighted == 1u); }

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  let valid = params.rows - min(params.rows, params.firstRow);
  for (var n = lane; n < min(valid, params.batch); n += WORKGROUP_SIZE) { sum += weight_of(n) * row_loss(n * params.units); }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u) { loss[0] = partial[0] / f32(params.rows); }
}
