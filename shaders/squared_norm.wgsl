// squared_norm: the sum of the squares of parts of a gradient, each `length` numbers long.
// gradient: `size` elements -> parts [parts]
// One workgroup a part: invocations sum strided squares, then pairwise.

struct Params { size: u32, length: u32 }

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> parts: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let begin = group.x * params.length;
  let end = min(begin + params.length, params.size);
  var sum = 0.0;
  for (var i = begin + lane; i < end; i += WORKGROUP_SIZE) { sum = fma(gradient[i], gradient[i], sum); }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u) { parts[group.x] = partial[0]; }
}
