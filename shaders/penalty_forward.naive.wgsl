// penalty forward: what a weight's regularizer adds to the loss.
// weight [size] (all axes as one) -> penalty [1]
//   penalty = l1 * sum of |weight| + l2 * sum of weight²
// Source: keras/regularizers.py, L1L2
// One workgroup: its invocations sum strided elements, then the partial sums are added pairwise.

struct Params { size: u32, l1: f32, l2: f32 }

@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read_write> penalty: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// Sum of |weight| and of weight².
var<workgroup> partial: array<vec2<f32>, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = vec2<f32>();
  for (var i = lane; i < params.size; i += WORKGROUP_SIZE) { sum += vec2<f32>(abs(weight[i]), weight[i] * weight[i]); }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u) { penalty[0] = params.l1 * partial[0].x + params.l2 * partial[0].y; }
}
