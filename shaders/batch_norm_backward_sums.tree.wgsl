// batch_norm backward, what each channel's weights get: dGamma = sum of dOutput * x, dBeta = sum of dOutput, x = (input - mean) / sqrt(variance + epsilon).
// input and dOutput [batch, places, channels], the others [channels] -> dGamma [channels], dBeta [channels]
// Forward was: output = gamma * x + beta.
// One workgroup a channel: its invocations sum strided places, then the partial sums are added pairwise.

struct Params { batch: u32, places: u32, channels: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> dOutput: array<f32>;
@group(0) @binding(4) var<storage, read_write> dGamma: array<f32>;
@group(0) @binding(5) var<storage, read_write> dBeta: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

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
  let count = select(0u, params.batch * params.places, c < params.channels);
  let own = min(c, params.channels - 1u);
  let inverse = 1.0 / sqrt(variance[own] + params.epsilon);
  var part = vec2<f32>();
  for (var i = lane; i < count; i += WORKGROUP_SIZE) {
    let at = i * params.channels + c;
    part += dOutput[at] * vec2<f32>((input[at] - mean[own]) * inverse, 1.0);
  }
  let products = sum_over_workgroup(part.x, lane);
  let sum = sum_over_workgroup(part.y, lane);
  if (lane == 0u && c < params.channels) { dGamma[c] = products; }
  if (lane == 0u && c < params.channels) { dBeta[c] = sum; }
}
