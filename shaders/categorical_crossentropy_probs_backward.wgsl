// categorical_crossentropy_probs backward: the gradient of the mean over the valid rows.
// probs and labels [batch, units], weights [batch] -> dProbs [batch, units]
// Through p / sum of p as well: see element_gradient.
// These are rows `firstRow` … of a batch of which `rows` are valid; rows beyond get 0. One invocation an element, units fastest.

struct Params { batch: u32, units: u32, firstRow: u32, rows: u32, weighted: u32 }

@group(0) @binding(0) var<storage, read> probs: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> dProbs: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
// Keras' epsilon, and what float32 makes of 1 - epsilon.
const EPSILON: f32 = 1e-7;
const ONE_LESS: f32 = 0.99999988;

fn element_gradient(row: u32, u: u32) -> f32 {
  var total = 0.0;
  for (var v = 0u; v < params.units; v++) { total += probs[row + v]; }
  // With q = p / total and g = -y / q inside the clip's range, else 0: dp[u] = (g[u] - sum over v of g[v] * q[v]) / total.
  var mean = 0.0;
  var own = 0.0;
  for (var v = 0u; v < params.units; v++) {
    let q = probs[row + v] / total;
    let inside = q >= EPSILON && q <= ONE_LESS;
    let g = select(0.0, -labels[row + v] / q, inside);
    mean = fma(g, q, mean);
    if (v == u) { own = g; }
  }
  return (own - mean) / total;
}

// What row n counts for: weights[n], or 1 where the rows have no weights and `weights` is any other tensor.
fn weight_of(n: u32) -> f32 { return select(1.0, weights[n], params.weighted == 1u); }

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.units) { return; }
  let n = index / params.units;
  if (params.firstRow + n >= params.rows) {
    dProbs[index] = 0.0;
    return;
  }
  dProbs[index] = weight_of(n) * element_gradient(n * params.units, index % params.units) / f32(params.rows);
}
