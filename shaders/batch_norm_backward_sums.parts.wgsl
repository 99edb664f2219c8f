// batch_norm backward, what each channel's weights get, of parts of the places: see batch_norm_backward_sums.naive.wgsl for the formulas.
// input and dOutput [batch, places, channels], mean and variance [channels]
//   -> gammas [parts, channels], betas [parts, channels], which sum_two_parts.wgsl adds up to dGamma and dBeta
// A workgroup has placesPerPart places of COLUMNS channels, as bias_backward.wgsl has rows of units: invocations beside each other read channels beside each
// other.

struct Params { batch: u32, places: u32, channels: u32, epsilon: f32, placesPerPart: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> dOutput: array<f32>;
@group(0) @binding(4) var<storage, read_write> gammas: array<f32>;
@group(0) @binding(5) var<storage, read_write> betas: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

const COLUMNS: u32 = 32u;
const SLICES: u32 = 8u;
const PASS: u32 = 4u;
const WORKGROUP_SIZE: u32 = COLUMNS * SLICES;

// Of dGamma and dBeta.
var<workgroup> partial: array<vec2<f32>, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let c = group.x * COLUMNS + lane % COLUMNS;
  let count = params.batch * params.places;
  let begin = group.y * params.placesPerPart;
  let end = select(begin, min(begin + params.placesPerPart, count), c < params.channels);
  let own = min(c, params.channels - 1u);
  let middle = mean[own];
  let inverse = 1.0 / sqrt(variance[own] + params.epsilon);
  var sum = vec2<f32>();
  for (var first = begin + lane / COLUMNS; first < end; first += PASS * SLICES) {
    for (var i = 0u; i < PASS; i++) {
      let place = first + i * SLICES;
      if (place < end) {
        let at = place * params.channels + c;
        sum += dOutput[at] * vec2<f32>((input[at] - middle) * inverse, 1.0);
      }
    }
  }
  partial[lane] = sum;
  for (var half = SLICES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half * COLUMNS) { partial[lane] += partial[lane + half * COLUMNS]; }
  }
  if (lane < COLUMNS && c < params.channels) { gammas[group.y * params.channels + c] = partial[lane].x; }
  if (lane < COLUMNS && c < params.channels) { betas[group.y * params.channels + c] = partial[lane].y; }
}
