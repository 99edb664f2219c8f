// conv2d backward, kernel, as a matrix product: see conv2d_backward_kernel.naive.wgsl for the formula.
// input [batch, height, width, channels], dOutput [batch, outputHeight, outputWidth, filters]
//   -> parts [parts, kernelHeight, kernelWidth, channels, filters], which sum_parts.wgsl adds up to dKernel
// Rows are taps (i, j, c), columns filters, and the sum runs over positions (batch, y, x), which are many: they are cut into `parts`.
// A workgroup computes TILE taps by TILE filters of one part: it brings DEPTH positions at a time of both operands into workgroup
// memory, and each invocation multiplies 4 taps by 4 filters out of there.

struct Params {
  batch: u32, height: u32, width: u32, filters: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32, positionsPerPart: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const CHANNELS: u32 = 3u;
const KERNEL_HEIGHT: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;
const DILATION_HEIGHT: u32 = 1u;
const DILATION_WIDTH: u32 = 1u;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = 256u;
const TAPS: u32 = KERNEL_HEIGHT * KERNEL_WIDTH * CHANNELS;

var<workgroup> windows: array<array<f32, TILE>, DEPTH>;
var<workgroup> gradients: array<array<f32, TILE>, DEPTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let positions = params.batch * params.outputHeight * params.outputWidth;
  let begin = group.z * params.positionsPerPart;
  let end = min(begin + params.positionsPerPart, positions);
  // What this invocation loads: one tap and one filter, every fourth position.
  let tap = group.x * TILE + lane % TILE;
  let filter_ = group.y * TILE + lane % TILE;
  let c = tap % CHANNELS;
  let down = tap / (CHANNELS * KERNEL_WIDTH) * DILATION_HEIGHT;
  let along = tap / CHANNELS % KERNEL_WIDTH * DILATION_WIDTH;
  // What it computes: 4 taps by 4 filters.
  let firstTap = lane / 16u * 4u;
  let firstFilter = lane % 16u * 4u;
  var sums = array<vec4<f32>, 4>();

  for (var start = begin; start < end; start += DEPTH) {
    workgroupBarrier();
    for (var depth = lane / TILE; depth < DEPTH; depth += WORKGROUP_SIZE / TILE) {
      let position = start + depth;
      let x = position % params.outputWidth;
      let y = position / params.outputWidth % params.outputHeight;
      let n = position / (params.outputWidth * params.outputHeight);
      // Rows above the input wrap to huge numbers, so one comparison checks both ends.
      let row = y * params.strideHeight + down - params.padTop;
      let column = x * params.strideWidth + along - params.padLeft;
      var value = 0.0;
      if (position < end && tap < TAPS && row < params.height && column < params.width) {
        value = input[((n * params.height + row) * params.width + column) * CHANNELS + c];
      }
      windows[depth][lane % TILE] = value;
      var gradient = 0.0;
      if (position < end && filter_ < params.filters) { gradient = dOutput[position * params.filters + filter_]; }
      gradients[depth][lane % TILE] = gradient;
    }
    workgroupBarrier();
    for (var depth = 0u; depth < min(DEPTH, end - start); depth++) {
      let g = vec4<f32>(
        gradients[depth][firstFilter], gradients[depth][firstFilter + 1u], gradients[depth][firstFilter + 2u], gradients[depth][firstFilter + 3u],
      );
      for (var p = 0u; p < 4u; p++) { sums[p] = fma(vec4<f32>(windows[depth][firstTap + p]), g, sums[p]); }
    }
  }

  for (var p = 0u; p < 4u; p++) {
    let row = group.x * TILE + firstTap + p;
    for (var q = 0u; q < 4u; q++) {
      let column = group.y * TILE + firstFilter + q;
      if (row < TAPS && column < params.filters) { parts[(group.z * TAPS + row) * params.filters + column] = sums[p][q]; }
    }
  }
}
