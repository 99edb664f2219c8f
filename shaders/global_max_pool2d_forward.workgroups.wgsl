// global_max_pool2d forward by workgroups: see global_max_pool2d_forward.naive.wgsl for what it computes.
// input [batch, height, width, channels] -> output and count [batch, channels]
// One workgroup a channel of an image: its invocations look at strided places, then what they found is put together pairwise.

struct Params { batch: u32, height: u32, width: u32, channels: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<storage, read_write> count: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> largest: array<f32, WORKGROUP_SIZE>;
var<workgroup> equals: array<u32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let index = group.y * groups.x + group.x;
  let isInside = index < params.batch * params.channels;
  let places = params.height * params.width;
  let first = index / params.channels * places * params.channels + index % params.channels;

  var best = 0.0;
  // Of an invocation that has no place: as many.
  var equal = 0u;
  if (isInside) {
    for (var place = lane; place < places; place += WORKGROUP_SIZE) {
      let value = input[first + place * params.channels];
      if (equal == 0u || value > best) {
        best = value;
        equal = 1u;
      } else if (value == best) {
        equal++;
      }
    }
  }
  largest[lane] = best;
  equals[lane] = equal;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half && equals[lane + half] > 0u) {
      if (equals[lane] == 0u || largest[lane + half] > largest[lane]) {
        largest[lane] = largest[lane + half];
        equals[lane] = equals[lane + half];
      } else if (largest[lane + half] == largest[lane]) {
        equals[lane] += equals[lane + half];
      }
    }
  }
  if (lane == 0u && isInside) {
    output[index] = largest[0];
    count[index] = equals[0];
  }
}
