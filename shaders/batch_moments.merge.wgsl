// batch_moments put together from parts of the places: mean = sum over parts of n_p * mean_p / n, variance = sum over parts of
// (squares_p + n_p * (mean_p - mean)^2) / n, n_p the places of a part that count, n all of them.
// means and squares [parts, channels] (see batch_moments.parts.wgsl) -> mean [channels], variance [channels]
// Source: Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979
// A workgroup has COLUMNS channels; SLICES invocations share one.

struct Params { batch: u32, places: u32, channels: u32, rows: u32, placesPerPart: u32, parts: u32 }

@group(0) @binding(0) var<storage, read> means: array<f32>;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> variance: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const COLUMNS: u32 = 32u;
const SLICES: u32 = 8u;
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
  let parts = select(0u, params.parts, c < params.channels);
  var sum = 0.0;
  for (var part = lane / COLUMNS; part < parts; part += SLICES) {
    let begin = min(part * params.placesPerPart, count);
    let own = f32(min(begin + params.placesPerPart, count) - begin);
    sum = fma(own, means[part * params.channels + c], sum);
  }
  let middle = sum_over_column(sum, lane) / f32(count);
  var square = 0.0;
  for (var part = lane / COLUMNS; part < parts; part += SLICES) {
    let begin = min(part * params.placesPerPart, count);
    let own = f32(min(begin + params.placesPerPart, count) - begin);
    let difference = means[part * params.channels + c] - middle;
    square += fma(own * difference, difference, squares[part * params.channels + c]);
  }
  let total = sum_over_column(square, lane);
  if (lane < COLUMNS && c < params.channels) { mean[c] = middle; }
  if (lane < COLUMNS && c < params.channels) { variance[c] = total / f32(count); }
}
