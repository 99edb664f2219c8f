// conv2d, bias, relu and 2x2 max pooling in one, as a matrix product whose rows are the places of the pooling windows: the map that is
// pooled is never written.
// input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, filters], bias [filters]
//   -> output [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
// A workgroup computes 16 windows of 4 places by TILE filters, as conv2d_forward.tiled.wgsl does; each invocation has the 4 places of one
// window for 4 filters and so finds their largest in its own registers.

struct Params {
  batch: u32, height: u32, width: u32, filters: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  pooledHeight: u32, pooledWidth: u32, taps: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

// Known when the shader is compiled: indices of taps are divided by these in the inner loop.
const CHANNELS: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;

const TILE: u32 = 64u;
const WINDOWS: u32 = TILE / 4u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = 256u;
const DEAD: u32 = 4u;

var<workgroup> places: array<array<f32, TILE>, DEPTH>;
var<workgroup> weights: array<array<f32, TILE>, DEPTH>;
var<workgroup> found: array<array<u32, TILE>, WINDOWS>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let windows = params.batch * params.pooledHeight * params.pooledWidth;
  // What this invocation loads: one place of a window and one filter, every fourth tap.
  let window = group.x * WINDOWS + lane % TILE / 4u;
  let filter_ = group.y * TILE + lane % TILE;
  let x = window % params.pooledWidth * 2u + lane % 2u;
  let y = window / params.pooledWidth % params.pooledHeight * 2u + lane / 2u % 2u;
  let n = window / (params.pooledWidth * params.pooledHeight);
  let top = y * params.strideHeight - params.padTop;
  let left = x * params.strideWidth - params.padLeft;
  // What it computes: the 4 places of one window by 4 filters.
  let ownWindow = lane / 16u;
  let firstFilter = lane % 16u * 4u;
  var sums = array<vec4<f32>, 4>();

  for (var start = 0u; start < params.taps; start += DEPTH) {
    workgroupBarrier();
    for (var depth = lane / TILE; depth < DEPTH; depth += WORKGROUP_SIZE / TILE) {
      let tap = start + depth;
      let c = tap % CHANNELS;
      // Rows above the input wrap to huge numbers, so one comparison checks both ends.
      let row = top + tap / (CHANNELS * KERNEL_WIDTH);
      let column = left + tap / CHANNELS % KERNEL_WIDTH;
      var value = 0.0;
      if (tap < params.taps && window < windows && row < params.height && column < params.width) {
        value = input[((n * params.height + row) * params.width + column) * CHANNELS + c];
      }
      places[depth][lane % TILE] = value;
      var weight = 0.0;
      if (tap < params.taps && filter_ < params.filters) { weight = kernel[tap * params.filters + filter_]; }
      weights[depth][lane % TILE] = weight;
    }
    workgroupBarrier();
    // Sums of DEPTH products are added up apart: one long float32 sum would lose digits, and with them the winners of near ties.
    var slab = array<vec4<f32>, 4>();
    for (var depth = 0u; depth < min(DEPTH, params.taps - start); depth++) {
      let w = vec4<f32>(
        weights[depth][firstFilter], weights[depth][firstFilter + 1u], weights[depth][firstFilter + 2u], weights[depth][firstFilter + 3u],
      );
      for (var p = 0u; p < 4u; p++) { slab[p] = fma(vec4<f32>(places[depth][ownWindow * 4u + p]), w, slab[p]); }
    }
    for (var p = 0u; p < 4u; p++) { sums[p] += slab[p]; }
  }

  for (var q = 0u; q < 4u; q++) {
    var best = sums[0][q];
    var code = 0u;
    for (var p = 1u; p < 4u; p++) {
      if (sums[p][q] > best) {
        best = sums[p][q];
        code = p;
      }
    }
    let row = group.x * WINDOWS + ownWindow;
    let column = group.y * TILE + firstFilter + q;
    let inside = row < windows && column < params.filters;
    if (inside) { best += bias[column]; }
    found[ownWindow][firstFilter + q] = select(DEAD, code, inside && best > 0.0);
    // By select(), as max() may give 0 for a NaN.
    if (inside) { output[row * params.filters + column] = select(best, 0.0, best <= 0.0); }
  }
  workgroupBarrier();
  // Half of the invocations write a word of 8 codes each.
  let words = (params.filters + 7u) / 8u;
  let word = group.y * (TILE / 8u) + lane % 8u;
  let row = group.x * WINDOWS + lane / 8u;
  if (lane < WINDOWS * 8u && word < words && row < windows) {
    var packed = 0u;
    for (var i = 0u; i < 8u; i++) { packed |= found[lane / 8u][lane % 8u * 8u + i] << (4u * i); }
    codes[row * words + word] = packed;
  }
}
