// batch_moments of parts of the places: of each part and channel the mean, and the sum of squared distances from it.
// input [batch, places, channels], of which the batch's first `rows` rows count -> means [parts, channels], squares [parts, channels], which
// batch_moments.merge.wgsl puts together
// A workgroup has placesPerPart places of COLUMNS channels, as bias_backward.wgsl has rows of units: invocations beside each other read channels beside each
// other. Two passes, so that no variance is the difference of two large numbers.

struct Params { batch: u32, places: u32, channels: u32, rows: u32, placesPerPart: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> means: array<f32>;
@group(0) @binding(2) var<storage, read_write> squares: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const COLUMNS: u32 = 32u;
const SLICES: u32 = 8u;
const PASS: u32 = 4u;
const WORKGROUP_SIZE: u32 = COLUMNS * SLICES;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

// The sum over the invocations of a column of what each brings.
fn sum_over_column(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  partial[lane] = value;
  for (var half = SLICES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half * COLUMNS) { partial[lane] += partial[lane + half * COLUMNS]; }
  }
  workgroupBarrier();
  return partial[lane % COLUMNS];
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let c = group.x * COLUMNS + lane % COLUMNS;
  let count = min(params.rows, params.batch) * params.places;
  let begin = min(group.y * params.placesPerPart, count);
  let end = min(begin + params.placesPerPart, count);
  // Channels beyond the last have no places.
  let own = select(begin, end, c < params.channels);
  var sum = 0.0;
  for (var first = begin + lane / COLUMNS; first < own; first += PASS * SLICES) {
    for (var i = 0u; i < PASS; i++) {
      let place = first + i * SLICES;
      if (place < own) { sum += input[place * params.channels + c]; }
    }
  }
  // A part beyond the rows that count has no places; its mean counts for nothing.
  let mean = sum_over_column(sum, lane) / f32(max(end - begin, 1u));
  var square = 0.0;
  for (var first = begin + lane / COLUMNS; first < own; first += PASS * SLICES) {
    for (var i = 0u; i < PASS; i++) {
      let place = first + i * SLICES;
      if (place < own) {
        let difference = input[place * params.channels + c] - mean;
        square = fma(difference, difference, square);
      }
    }
  }
  let total = sum_over_column(square, lane);
  if (lane < COLUMNS && c < params.channels) { means[group.y * params.channels + c] = mean; }
  if (lane < COLUMNS && c < params.channels) { squares[group.y * params.channels + c] = total; }
}
