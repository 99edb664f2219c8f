// image_range: the smallest and the largest value of each image.
// input [batch, size] -> range [batch, 2]
// One workgroup an image: its invocations look at strided values, then pairwise.

struct Params { batch: u32, size: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> range: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> lowest: array<f32, WORKGROUP_SIZE>;
var<workgroup> highest: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = group.x;
  var low = input[n * params.size];
  var high = low;
  for (var i = lane; i < params.size; i += WORKGROUP_SIZE) {
    low = min(low, input[n * params.size + i]);
    high = max(high, input[n * params.size + i]);
  }
  lowest[lane] = low;
  highest[lane] = high;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      lowest[lane] = min(lowest[lane], lowest[lane + half]);
      highest[lane] = max(highest[lane], highest[lane + half]);
    }
  }
  if (lane == 0u) {
    range[n * 2u] = lowest[0];
    range[n * 2u + 1u] = highest[0];
  }
}
