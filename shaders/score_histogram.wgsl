// score_histogram: of all numbers of the valid rows, how many lie in each of `buckets` buckets of 0 … 1, by whether the label is 0.
// output and labels [batch, units] -> counts [2 * buckets]: where the label is not 0, then where it is
// Bucket i has the numbers above i / (buckets - 1) and up to the next; the first has 0 and what is below it, too.
// These are rows `firstRow` … of a batch of which `rows` are valid. One invocation a count.
// Source: keras/src/metrics/metrics_utils.py, _update_confusion_matrix_variables_optimized

struct Params { batch: u32, units: u32, firstRow: u32, rows: u32, buckets: u32 }

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read_write> counts: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

fn bucket_of(score: f32) -> u32 {
  let bucket = ceil(clamp(score, 0.0, 1.0) * f32(params.buckets - 1u)) - 1.0;
  return u32(max(bucket, 0.0));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= 2u * params.buckets) { return; }
  let valid = params.rows - min(params.rows, params.firstRow);
  let is_wanted = index < params.buckets;
  var count = 0.0;
  for (var i = 0u; i < min(valid, params.batch) * params.units; i++) {
    if ((labels[i] != 0.0) == is_wanted && bucket_of(output[i]) == index % params.buckets) { count += 1.0; }
  }
  counts[index] = count;
}
