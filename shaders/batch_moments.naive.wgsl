// batch_moments: mean and biased variance of each channel over the places of the batch's first `rows` rows.
// input [batch, places, channels] -> mean [channels], variance [channels]
// Two passes, so that no variance is the difference of two large numbers. One invocation a channel.

struct Params { batch: u32, places: u32, channels: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
// Sums are of blocks first: so rounding does not grow with the count.
const BLOCK: u32 = 256u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let c = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (c >= params.channels) { return; }
  let count = min(params.rows, params.batch) * params.places;
  var sum = 0.0;
  for (var first = 0u; first < count; first += BLOCK) {
    var part = 0.0;
    for (var i = first; i < min(first + BLOCK, count); i++) { part += input[i * params.channels + c]; }
    sum += part;
  }
  let middle = sum / f32(count);
  var squares = 0.0;
  for (var first = 0u; first < count; first += BLOCK) {
    var part = 0.0;
    for (var i = first; i < min(first + BLOCK, count); i++) {
      let difference = input[i * params.channels + c] - middle;
      part = fma(difference, difference, part);
    }
    squares += part;
  }
  mean[c] = middle;
  variance[c] = squares / f32(count);
}
