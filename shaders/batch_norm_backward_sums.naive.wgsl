// batch_norm backward, what each channel's weights get: dGamma = sum of dOutput * x, dBeta = sum of dOutput, x = (input - mean) / sqrt(variance + epsilon).
// input and dOutput [batch, places, channels], the others [channels] -> dGamma [channels], dBeta [channels]
// Forward was: output = gamma * x + beta.
// One invocation a channel.

struct Params { batch: u32, places: u32, channels: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> dOutput: array<f32>;
@group(0) @binding(4) var<storage, read_write> dGamma: array<f32>;
@group(0) @binding(5) var<storage, read_write> dBeta: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
// Sums are of blocks first: so rounding does not grow with the count.
const BLOCK: u32 = 256u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let c = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (c >= params.channels) { return; }
  let inverse = 1.0 / sqrt(variance[c] + params.epsilon);
  let count = params.batch * params.places;
  var products = 0.0;
  var sum = 0.0;
  for (var first = 0u; first < count; first += BLOCK) {
    var part = vec2<f32>();
    for (var i = first; i < min(first + BLOCK, count); i++) {
      let at = i * params.channels + c;
      part += dOutput[at] * vec2<f32>((input[at] - mean[c]) * inverse, 1.0);
    }
    products += part.x;
    sum += part.y;
  }
  dGamma[c] = products;
  dBeta[c] = sum;
}
