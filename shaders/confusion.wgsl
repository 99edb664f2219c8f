// confusion: of all numbers of the valid rows, how many say yes rightly, say yes wrongly, and say no wrongly.
// output and labels [batch, units] -> counts [3]: output > threshold where the label is not 0; output > threshold where it is 0; else where it is not 0
// These are rows `firstRow` … of a batch of which `rows` are valid. One invocation a count.

struct Params { batch: u32, units: u32, firstRow: u32, rows: u32, threshold: f32 }

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read_write> counts: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= 3u) { return; }
  let valid = params.rows - min(params.rows, params.firstRow);
  var count = 0.0;
  for (var i = 0u; i < min(valid, params.batch) * params.units; i++) {
    let said = output[i] > params.threshold;
    let is_true = labels[i] != 0.0;
    if (said == (index != 2u) && is_true == (index != 1u)) { count += 1.0; }
  }
  counts[index] = count;
}
