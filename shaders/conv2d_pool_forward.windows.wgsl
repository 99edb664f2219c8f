// conv2d, bias, relu and 2x2 max pooling in one, for images of few channels: each lane has one pooling window, whose patch it keeps in
// registers for all filters.
// input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, filters], bias [filters]
//   -> output [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
// Stride 1; filters come in fours. A workgroup is one subgroup, of any size: LANES. The kernel's part for four filters is spread over the
// lanes and passed round. A word of codes has eight filters: their two fours are computed one after the other.

enable subgroups;

struct Params { batch: u32, height: u32, width: u32, padTop: u32, padLeft: u32, pooledHeight: u32, pooledWidth: u32, quads: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

const LANES: u32 = 8u;
const CHANNELS: u32 = 3u;
const KERNEL_HEIGHT: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;
const TAPS: u32 = KERNEL_HEIGHT * KERNEL_WIDTH * CHANNELS;
const WEIGHTS: u32 = (TAPS + LANES - 1u) / LANES;
const DEAD: u32 = 4u;

// Codes of four filters in half a word, the first in the lowest bits.
fn pack_four(code: vec4<u32>) -> u32 {
  return code.x | (code.y << 4u) | (code.z << 8u) | (code.w << 12u);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let windows = params.batch * params.pooledHeight * params.pooledWidth;
  let window = (group.y * groups.x + group.x) * LANES + lane;
  // Rows above the image wrap to huge numbers, so one comparison checks both ends.
  let left = window % params.pooledWidth * 2u - params.padLeft;
  let top = window / params.pooledWidth % params.pooledHeight * 2u - params.padTop;
  let n = window / (params.pooledWidth * params.pooledHeight);
  var patch_ = array<array<array<f32, CHANNELS>, KERNEL_WIDTH + 1u>, KERNEL_HEIGHT + 1u>();
  for (var i = 0u; i < KERNEL_HEIGHT + 1u; i++) {
    for (var j = 0u; j < KERNEL_WIDTH + 1u; j++) {
      for (var c = 0u; c < CHANNELS; c++) {
        if (top + i < params.height && left + j < params.width) {
          patch_[i][j][c] = input[((n * params.height + top + i) * params.width + left + j) * CHANNELS + c];
        }
      }
    }
  }

  var packed = 0u;
  for (var quad = 0u; quad < params.quads; quad++) {
    var weights = array<vec4<f32>, WEIGHTS>();
    for (var i = 0u; i < WEIGHTS; i++) { weights[i] = kernel[min(lane + LANES * i, TAPS - 1u) * params.quads + quad]; }
    var sums = array<vec4<f32>, 4>();
    for (var i = 0u; i < KERNEL_HEIGHT; i++) {
      for (var j = 0u; j < KERNEL_WIDTH; j++) {
        for (var c = 0u; c < CHANNELS; c++) {
          let tap = (i * KERNEL_WIDTH + j) * CHANNELS + c;
          let weight = subgroupShuffle(weights[tap / LANES], tap % LANES);
          sums[0] = fma(vec4<f32>(patch_[i][j][c]), weight, sums[0]);
          sums[1] = fma(vec4<f32>(patch_[i][j + 1u][c]), weight, sums[1]);
          sums[2] = fma(vec4<f32>(patch_[i + 1u][j][c]), weight, sums[2]);
          sums[3] = fma(vec4<f32>(patch_[i + 1u][j + 1u][c]), weight, sums[3]);
        }
      }
    }
    var best = sums[0];
    var code = vec4<u32>();
    for (var place = 1u; place < 4u; place++) {
      code = select(code, vec4<u32>(place), sums[place] > best);
      best = max(best, sums[place]);
    }
    best += bias[quad];
    let half = pack_four(select(vec4<u32>(DEAD), code, best > vec4<f32>()));
    packed = select((packed & 0xffffu) | (half << 16u), half | 0x44440000u, quad % 2u == 0u);
    if (window < windows) {
      // By select(), as max() may give 0 for a NaN.
      output[window * params.quads + quad] = select(best, vec4<f32>(), best <= vec4<f32>());
      if (quad % 2u == 1u || quad + 1u == params.quads) { codes[window * ((params.quads + 1u) / 2u) + quad / 2u] = packed; }
    }
  }
}
