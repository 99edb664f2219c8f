// batch_moments: mean and biased variance of each channel over the places of the batch's first `rows` rows.
// input [batch, places, channels] -> mean [channels], variance [channels]
// Two passes, so that no variance is the difference of two large numbers. One workgroup a channel: its invocations sum strided places, then the partial sums
// are added pairwise.

struct Params { batch: u32, places: u32, channels: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

// The sum over the workgroup of what each invocation brings.
fn sum_over_workgroup(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  partial[lane] = value;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  workgroupBarrier();
  return partial[0];
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let c = group.y * groups.x + group.x;
  let count = select(0u, min(params.rows, params.batch) * params.places, c < params.channels);
  var sum = 0.0;
  for (var i = lane; i < count; i += WORKGROUP_SIZE) { sum += input[i * params.channels + c]; }
  let middle = sum_over_workgroup(sum, lane) / f32(count);
  var squares = 0.0;
  for (var i = lane; i < count; i += WORKGROUP_SIZE) {
    let difference = input[i * params.channels + c] - middle;
    squares = fma(difference, difference, squares);
  }
  let spread = sum_over_workgroup(squares, lane) / f32(count);
  if (lane == 0u && c < params.channels) { mean[c] = middle; }
  if (lane == 0u && c < params.channels) { variance[c] = spread; }
}
