// penalty forward by parts: what each stretch of a weight adds to the loss, for sum_parts to add up.
// weight [size] (all axes as one) -> parts [ceil(size / length), 1]
//   parts[p] = l1 * sum of |weight| + l2 * sum of weight² over its `length` elements
// Source: keras/regularizers.py, L1L2
// One workgroup a part: its invocations sum strided elements, then the partial sums are added pairwise.

struct Params { size: u32, length: u32, l1: f32, l2: f32 }

@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> parts: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// Sum of |weight| and of weight².
var<workgroup> partial: array<vec2<f32>, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var sum = vec2<f32>();
  let end = min((group.x + 1u) * params.length, params.size);
  for (var i = group.x * params.length + lane; i < end; i += WORKGROUP_SIZE) { sum += vec2<f32>(abs(weight[i]), weight[i] * weight[i]); }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u) { parts[group.x] = params.l1 * partial[0].x + params.l2 * partial[0].y; }
}
