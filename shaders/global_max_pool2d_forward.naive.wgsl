// global_max_pool2d forward: the largest value of each channel of an image, and how many are as large.
// input [batch, height, width, channels] -> output and count [batch, channels]
// One invocation a channel of an image.

struct Params { batch: u32, height: u32, width: u32, channels: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<storage, read_write> count: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.channels) { return; }
  let places = params.height * params.width;
  let first = index / params.channels * places * params.channels + index % params.channels;

  var best = input[first];
  var equal = 1u;
  for (var place = 1u; place < places; place++) {
    let value = input[first + place * params.channels];
    if (value > best) {
      best = value;
      equal = 1u;
    } else if (value == best) {
      equal++;
    }
  }
  output[index] = best;
  count[index] = equal;
}
