// conv2d forward as a matrix product with the windows as rows: see conv2d_forward.naive.wgsl for the formula.
// input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, filters], bias [filters]
//   -> output [batch, outputHeight, outputWidth, filters]
// Rows are the output's positions (batch, y, x), columns its filters, and the sum runs over taps (i, j, c).
// A workgroup computes ROWS positions by QUADS times four filters: it brings DEPTH taps at a time of both operands into workgroup memory, and each
// invocation multiplies 4 positions by 4 filters out of there: 2 loads for 16 multiply-adds.

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

const ROWS: u32 = 64u;
const QUADS: u32 = 16u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = ROWS / 4u * QUADS;
const NOWHERE: u32 = 0xffffffffu;

// Where the window of each position begins: its picture's first row among those of all, row, column.
var<workgroup> origins: array<vec3<u32>, ROWS>;
// By the tap; positions and filters in fours. One four more of positions, so that lanes which write side by side meet fewer of the same banks.
var<workgroup> windows: array<array<vec4<f32>, ROWS / 4u + 1u>, DEPTH>;
var<workgroup> weights: array<array<vec4<f32>, QUADS>, DEPTH>;

// Where in the input the tap of a window lies. Rows above the input wrap to huge numbers, so one comparison checks both ends.
fn input_index(origin: vec3<u32>, tap: u32) -> u32 {
  let row = origin.y + tap / (CHANNELS * KERNEL_WIDTH) * DILATION_HEIGHT;
  let column = origin.z + tap / CHANNELS % KERNEL_WIDTH * DILATION_WIDTH;
  let inside = tap < params.taps && row < params.height && column < params.width;
  return select(NOWHERE, ((origin.x + row) * params.width + column) * CHANNELS + tap % CHANNELS, inside);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let positions = params.batch * params.outputHeight * params.outputWidth;
  let firstPosition = group.x * ROWS;
  let firstFilter = group.y * 4u * QUADS;
  for (var i = lane; i < ROWS; i += WORKGROUP_SIZE) {
    // Positions beyond the end read the last one; their sums are not stored.
    let position = min(firstPosition + i, positions - 1u);
    let x = position % params.outputWidth;
    let y = position / params.outputWidth % params.outputHeight;
    let n = position / (params.outputWidth * params.outputHeight);
    origins[i] = vec3<u32>(n * params.height, y * params.strideHeight - params.padTop, x * params.strideWidth - params.padLeft);
  }
  let four = lane / QUADS;
  let quad = lane % QUADS;
  var sums = array<vec4<f32>, 4>();

  for (var start = 0u; start < params.taps; start += DEPTH) {
    workgroupBarrier();
    // Four taps an invocation.
    for (var i = lane; i < ROWS * DEPTH / 4u; i += WORKGROUP_SIZE) {
      let row = i / (DEPTH / 4u);
      let depth = i % (DEPTH / 4u) * 4u;
      let origin = origins[row];
      var value = vec4<f32>();
      if (CHANNELS % 4u == 0u) {
        // They are channels of one pixel.
        let at = input_index(origin, start + depth);
        if (at != NOWHERE) { value = vec4<f32>(input[at], input[at + 1u], input[at + 2u], input[at + 3u]); }
      } else {
        for (var t = 0u; t < 4u; t++) {
          let at = input_index(origin, start + depth + t);
          if (at != NOWHERE) { value[t] = input[at]; }
        }
      }
      for (var t = 0u; t < 4u; t++) { windows[depth + t][row / 4u][row % 4u] = value[t]; }
    }
    for (var i = lane; i < DEPTH * 4u * QUADS; i += WORKGROUP_SIZE) {
      let tap = start + i / (4u * QUADS);
      let column = i % (4u * QUADS);
      var weight = 0.0;
      if (tap < params.taps && firstFilter + column < params.filters) { weight = kernel[tap * params.filters + firstFilter + column]; }
      weights[i / (4u * QUADS)][column / 4u][column % 4u] = weight;
    }
    workgroupBarrier();
    // Sums of DEPTH products are added up apart: one long float32 sum would lose digits, and with them the winners of near ties.
    var slab = array<vec4<f32>, 4>();
    for (var depth = 0u; depth < DEPTH; depth++) {
      let weight = weights[depth][quad];
      let window = windows[depth][four];
      for (var p = 0u; p < 4u; p++) { slab[p] = fma(vec4<f32>(window[p]), weight, slab[p]); }
    }
    for (var p = 0u; p < 4u; p++) { sums[p] += slab[p]; }
  }

  for (var p = 0u; p < 4u; p++) {
    let row = firstPosition + 4u * four + p;
    for (var q = 0u; q < 4u; q++) {
      let column = firstFilter + 4u * quad + q;
      if (row < positions && column < params.filters) { output[row * params.filters + column] = sums[p][q] + bias[column]; }
    }
  }
}
