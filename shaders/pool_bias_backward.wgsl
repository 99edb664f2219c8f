// bias backward from the gradient of the pooled map: dBias[f] = sum over windows of dOutput[window, f] where the window is not dead.
// dOutput [windows, filters], codes [windows, ceil(filters / 8)] (see pool_encode.wgsl) -> parts [parts, filters], which sum_parts.wgsl adds up; where there
// is one part, it is dBias
// As bias_backward.wgsl sums rows.

struct Params { windows: u32, filters: u32, windowsPerPart: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const COLUMNS: u32 = 32u;
const SLICES: u32 = 8u;
const PASS: u32 = 4u;
const WORKGROUP_SIZE: u32 = COLUMNS * SLICES;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let f = group.x * COLUMNS + lane % COLUMNS;
  let words = (params.filters + 7u) / 8u;
  let begin = group.y * params.windowsPerPart;
  let end = min(begin + params.windowsPerPart, params.windows);
  var sum = 0.0;
  if (f < params.filters) {
    for (var first = begin + lane / COLUMNS; first < end; first += PASS * SLICES) {
      for (var i = 0u; i < PASS; i++) {
        let window = first + i * SLICES;
        if (window < end) {
          let code = extractBits(codes[window * words + f / 8u], 4u * (f % 8u), 4u);
          sum += select(0.0, dOutput[window * params.filters + f], code < 4u);
        }
      }
    }
  }
  partial[lane] = sum;
  for (var half = SLICES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half * COLUMNS) { partial[lane] += partial[lane + half * COLUMNS]; }
  }
  if (lane < COLUMNS && f < params.filters) { parts[group.y * params.filters + f] = partial[lane]; }
}
