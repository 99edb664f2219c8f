// conv2d forward as a matrix product with the windows as rows: see conv2d_forward.naive.wgsl for the formula.
// input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, filters], bias [filters]
//   -> output [batch, outputHeight, outputWidth, filters]
// Rows are the output's positions (batch, y, x), columns its filters, and the sum runs over taps (i, j, c).
// A workgroup computes TILE positions by TILE filters: it brings DEPTH taps at a time of both operands into workgroup memory, and each
// invocation multiplies 4 positions by 4 filters out of there, so that a number loaded once is used TILE times.

struct Params {
  batch: u32, height: u32, width: u32, filters: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32, taps: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// Known when the shader is compiled: indices of taps are divided by these in the inner loop.
const CHANNELS: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;
const DILATION_HEIGHT: u32 = 1u;
const DILATION_WIDTH: u32 = 1u;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = 256u;

var<workgroup> windows: array<array<f32, TILE>, DEPTH>;
var<workgroup> weights: array<array<f32, TILE>, DEPTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let positions = params.batch * params.outputHeight * params.outputWidth;
  // What this invocation loads: one position and one filter, every fourth tap.
  let position = group.x * TILE + lane % TILE;
  let filter_ = group.y * TILE + lane % TILE;
  let x = position % params.outputWidth;
  let y = position / params.outputWidth % params.outputHeight;
  let n = position / (params.outputWidth * params.outputHeight);
  let top = y * params.strideHeight - params.padTop;
  let left = x * params.strideWidth - params.padLeft;
  // What it computes: 4 positions by 4 filters.
  let firstPosition = lane / 16u * 4u;
  let firstFilter = lane % 16u * 4u;
  var sums = array<vec4<f32>, 4>();

  for (var start = 0u; start < params.taps; start += DEPTH) {
    workgroupBarrier();
    for (var depth = lane / TILE; depth < DEPTH; depth += WORKGROUP_SIZE / TILE) {
      let tap = start + depth;
      let c = tap % CHANNELS;
      // Rows above the input wrap to huge numbers, so one comparison checks both ends.
      let row = top + tap / (CHANNELS * KERNEL_WIDTH) * DILATION_HEIGHT;
      let column = left + tap / CHANNELS % KERNEL_WIDTH * DILATION_WIDTH;
      var value = 0.0;
      if (tap < params.taps && position < positions && row < params.height && column < params.width) {
        value = input[((n * params.height + row) * params.width + column) * CHANNELS + c];
      }
      windows[depth][lane % TILE] = value;
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
      for (var p = 0u; p < 4u; p++) { slab[p] = fma(vec4<f32>(windows[depth][firstPosition + p]), w, slab[p]); }
    }
    for (var p = 0u; p < 4u; p++) { sums[p] += slab[p]; }
  }

  for (var p = 0u; p < 4u; p++) {
    let row = group.x * TILE + firstPosition + p;
    for (var q = 0u; q < 4u; q++) {
      let column = group.y * TILE + firstFilter + q;
      if (row < positions && column < params.filters) { output[row * params.filters + column] = sums[p][q] + bias[column]; }
    }
  }
}
