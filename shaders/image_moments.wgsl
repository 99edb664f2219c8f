// image_moments: mean and standard deviation of each image.
// input [batch, size] -> moments [batch, 2]
// One workgroup an image: the mean first, then the mean square of what differs from it, both by strided sums that are added pairwise.

struct Params { batch: u32, size: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> moments: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

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
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * params.size;
  var sum = 0.0;
  for (var i = lane; i < params.size; i += WORKGROUP_SIZE) { sum += input[first + i]; }
  let mean = sum_over_workgroup(sum, lane) / f32(params.size);
  var squares = 0.0;
  for (var i = lane; i < params.size; i += WORKGROUP_SIZE) {
    let difference = input[first + i] - mean;
    squares = fma(difference, difference, squares);
  }
  let variance = sum_over_workgroup(squares, lane) / f32(params.size);
  if (lane == 0u) {
    moments[group.x * 2u] = mean;
    moments[group.x * 2u + 1u] = sqrt(variance);
  }
}
