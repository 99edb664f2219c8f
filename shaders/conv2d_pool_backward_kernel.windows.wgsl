// conv2d backward, kernel and bias, from the gradient of the pooled map, for images of few channels: every window's gradient is
// multiplied with the inputs that its winner saw.
// input [batch, height, width, channels], dOutput [batch, pooledHeight, pooledWidth, filters],
// codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
//   -> parts [parts, kernelHeight, kernelWidth, channels, filters] and biasParts [parts, filters], which sum_two_parts.wgsl adds up
// Stride 1; filters come in fours. The windows are many: each part sums over windowsPerPart of them. A workgroup is one subgroup, of any
// size: LANES; each lane has four filters. A window's patch is spread over the lanes and passed round; which of its four places counts
// differs from filter to filter and is selected.

enable subgroups;

struct Params {
  windows: u32, windowsPerPart: u32, height: u32, width: u32, padTop: u32, padLeft: u32, pooledHeight: u32, pooledWidth: u32, quads: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> biasParts: array<vec4<f32>>;
@group(0) @binding(5) var<uniform> params: Params;

const LANES: u32 = 8u;
const CHANNELS: u32 = 3u;
const KERNEL_HEIGHT: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;
const TAPS: u32 = KERNEL_HEIGHT * KERNEL_WIDTH * CHANNELS;
const ROW: u32 = (KERNEL_WIDTH + 1u) * CHANNELS;
const PATCH: u32 = (KERNEL_HEIGHT + 1u) * ROW;
const LOADS: u32 = (PATCH + LANES - 1u) / LANES;

// Codes of four filters from the lower half of a word.
fn unpack_four(word: u32) -> vec4<u32> {
  return (vec4<u32>(word) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let quad = group.x * LANES + lane;
  let words = (params.quads + 1u) / 2u;
  let end = min((group.y + 1u) * params.windowsPerPart, params.windows);
  var sums = array<array<array<vec4<f32>, CHANNELS>, KERNEL_WIDTH>, KERNEL_HEIGHT>();
  var biasSum = vec4<f32>();
  for (var window = group.y * params.windowsPerPart; window < end; window++) {
    // Rows above the image wrap to huge numbers, so one comparison checks both ends.
    let left = window % params.pooledWidth * 2u - params.padLeft;
    let top = window / params.pooledWidth % params.pooledHeight * 2u - params.padTop;
    let n = window / (params.pooledWidth * params.pooledHeight);
    var loaded = array<f32, LOADS>();
    for (var i = 0u; i < LOADS; i++) {
      let place = lane + LANES * i;
      let y = top + place / ROW;
      let x = left + place % ROW / CHANNELS;
      if (y < params.height && x < params.width) {
        loaded[i] = input[((n * params.height + y) * params.width + x) * CHANNELS + place % CHANNELS];
      }
    }
    let word = select(0x4444u, codes[window * words + quad / 2u] >> (quad % 2u * 16u), quad < params.quads);
    let code = unpack_four(word);
    let gradient = select(vec4<f32>(), dOutput[window * params.quads + quad], code < vec4<u32>(4u));
    let isRight = (code & vec4<u32>(1u)) == vec4<u32>(1u);
    let isLower = (code & vec4<u32>(2u)) == vec4<u32>(2u);
    biasSum += gradient;
    for (var j = 0u; j < KERNEL_WIDTH; j++) {
      for (var c = 0u; c < CHANNELS; c++) {
        var above = vec4<f32>();
        for (var i = 0u; i < KERNEL_HEIGHT + 1u; i++) {
          let place = i * ROW + j * CHANNELS + c;
          let beside = place + CHANNELS;
          let row = select(
            vec4<f32>(subgroupShuffle(loaded[place / LANES], place % LANES)),
            vec4<f32>(subgroupShuffle(loaded[beside / LANES], beside % LANES)),
            isRight,
          );
          if (i > 0u) { sums[i - 1u][j][c] = fma(gradient, select(above, row, isLower), sums[i - 1u][j][c]); }
          above = row;
        }
      }
    }
  }
  if (quad >= params.quads) { return; }
  for (var i = 0u; i < KERNEL_HEIGHT; i++) {
    for (var j = 0u; j < KERNEL_WIDTH; j++) {
      for (var c = 0u; c < CHANNELS; c++) {
        parts[(group.y * TAPS + (i * KERNEL_WIDTH + j) * CHANNELS + c) * params.quads + quad] = sums[i][j][c];
      }
    }
  }
  biasParts[group.y * params.quads + quad] = biasSum;
}
