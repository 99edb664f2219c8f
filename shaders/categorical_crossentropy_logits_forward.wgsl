// categorical_crossentropy_logits forward: the mean over the valid rows of the weighted loss of each.
// logits and labels [batch, units], weights [batch] -> loss [1]
// Of a row: -sum over units of y * log(softmax(z)) = sum of y * (log(sum of exp(z - max)) - (z - max)).
// What tf.keras computes for 'categorical_crossentropy' after a softmax layer, whose logits it remembers.
// These are rows `firstRow` … of a batch of which `rows` are valid (fewer where it is the last); rows beyond count for nothing, and the sum is
// divided by `rows`. One workgroup: invocations sum strided rows, then pairwise.

struct Params { batch: u32, units: u32, firstRow: u32, rows: u32, weighted: u32 }

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn row_loss(row: u32) -> f32 {
  var largest = logits[row];
  for (var u = 1u; u < params.units; u++) { largest = max(largest, logits[row + u]); }
  var total = 0.0;
  for (var u = 0u; u < params.units; u++) { total += exp(logits[row + u] - largest); }
  var sum = 0.0;
  for (var u = 0u; u < params.units; u++) { sum += labels[row + u] * (log(total) - (logits[row + u] - largest)); }
  return sum;
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
