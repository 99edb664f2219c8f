// binary_crossentropy_logits backward: the gradient of the mean over the valid rows.
// logits and labels [batch, units], weights [batch] -> dLogits [batch, units]
// dLogits[n, u] = (sigmoid(z) - y) / units / rows
// These are rows `firstRow` … of a batch of which `rows` are valid; rows beyond get 0. One invocation an element, units fastest.

struct Params { batch: u32, units: u32, firstRow: u32, rows: u32, weighted: u32 }

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> dLogits: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

fn sigmoid(z: f32) -> f32 {
  let e = exp(-abs(z));
  return select(e, 1.0, z >= 0.0) / (1.0 + e);
}

fn element_gradient(row: u32, u: u32) -> f32 {
  return (sigmoid(logits[row + u]) - labels[row + u]) / f32(params.units);
}

// What row n counts for: weights[n], or 1 where the rows have no weights and `weights` is any other tensor.
fn weight_of(n: u32) -> f32 { return select(1.0, weights[n], params.weighted == 1u); }

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.units) { return; }
  let n = index / params.units;
  if (params.firstRow + n >= params.rows) {
    dLogits[index] = 0.0;
    return;
  }
  dLogits[index] = weight_of(n) * element_gradient(n * params.units, index % params.units) / f32(params.rows);
}
