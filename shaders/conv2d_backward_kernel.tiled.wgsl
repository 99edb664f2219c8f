// conv2d backward, kernel, as a matrix product: see conv2d_backward_kernel.naive.wgsl for the formula.
// input [batch, height, width, channels], dOutput [batch, outputHeight, outputWidth, filters]
//   -> parts [parts, kernelHeight, kernelWidth, channels, filters], which sum_parts.wgsl adds up to dKernel
// Rows are taps (i, j, c), columns filters, and the sum runs over positions (batch, y, x), which are many: they are cut into `parts`.
// A workgroup computes ROWS taps by QUADS times four filters of one part: it brings DEPTH positions at a time of both operands into workgroup memory, and each
// invocation multiplies 8 taps by 4 filters out of there: 3 loads for 32 multiply-adds.

struct Params {
  batch: u32, height: u32, width: u32, filters: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32, positionsPerPart: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// Known when the shader is compiled: the inner loop divides by these.
const CHANNELS: u32 = 3u;
const KERNEL_HEIGHT: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;
const DILATION_HEIGHT: u32 = 1u;
const DILATION_WIDTH: u32 = 1u;

const ROWS: u32 = 32u;
const QUADS: u32 = 16u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = ROWS / 8u * QUADS;
const TAPS: u32 = KERNEL_HEIGHT * KERNEL_WIDTH * CHANNELS;

// Where the windows of the next positions begin: their picture's first row among those of all, row, column.
var<workgroup> origins: array<vec3<u32>, DEPTH>;
// By the position; taps and filters in fours.
var<workgroup> windows: array<array<vec4<f32>, ROWS / 4u>, DEPTH>;
var<workgroup> gradients: array<array<vec4<f32>, QUADS>, DEPTH>;

fn window_origin(position: u32) -> vec3<u32> {
  let x = position % params.outputWidth;
  let y = position / params.outputWidth % params.outputHeight;
  let n = position / (params.outputWidth * params.outputHeight);
  return vec3<u32>(n * params.height, y * params.strideHeight - params.padTop, x * params.strideWidth - params.padLeft);
}

// What a window sees by a tap. Rows above the input wrap to huge numbers, so one comparison checks both ends.
fn seen_by_window(origin: vec3<u32>, tap: u32) -> f32 {
  let row = origin.y + tap / (CHANNELS * KERNEL_WIDTH) * DILATION_HEIGHT;
  let column = origin.z + tap / CHANNELS % KERNEL_WIDTH * DILATION_WIDTH;
  if (tap >= TAPS || row >= params.height || column >= params.width) { return 0.0; }
  return input[((origin.x + row) * params.width + column) * CHANNELS + tap % CHANNELS];
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let positions = params.batch * params.outputHeight * params.outputWidth;
  let begin = group.z * params.positionsPerPart;
  let end = min(begin + params.positionsPerPart, positions);
  let firstTap = group.x * ROWS;
  let firstFilter = group.y * 4u * QUADS;
  let eight = lane / QUADS;
  let quad = lane % QUADS;
  var sums = array<vec4<f32>, 8>();

  for (var i = lane; i < DEPTH; i += WORKGROUP_SIZE) { origins[i] = window_origin(begin + i); }
  for (var start = begin; start < end; start += DEPTH) {
    workgroupBarrier();
    // Invocations side by side read taps side by side.
    for (var i = lane; i < DEPTH * ROWS; i += WORKGROUP_SIZE) {
      let depth = i / ROWS;
      let row = i % ROWS;
      var value = 0.0;
      if (start + depth < end) { value = seen_by_window(origins[depth], firstTap + row); }
      windows[depth][row / 4u][row % 4u] = value;
    }
    for (var i = lane; i < DEPTH * 4u * QUADS; i += WORKGROUP_SIZE) {
      let position = start + i / (4u * QUADS);
      let column = i % (4u * QUADS);
      var gradient = 0.0;
      if (position < end && firstFilter + column < params.filters) { gradient = dOutput[position * params.filters + firstFilter + column]; }
      gradients[i / (4u * QUADS)][column / 4u][column % 4u] = gradient;
    }
    workgroupBarrier();
    for (var i = lane; i < DEPTH; i += WORKGROUP_SIZE) { origins[i] = window_origin(start + DEPTH + i); }
    for (var depth = 0u; depth < DEPTH; depth++) {
      let gradient = gradients[depth][quad];
      let upper = windows[depth][2u * eight];
      let lower = windows[depth][2u * eight + 1u];
      for (var p = 0u; p < 4u; p++) { sums[p] = fma(vec4<f32>(upper[p]), gradient, sums[p]); }
      for (var p = 0u; p < 4u; p++) { sums[p + 4u] = fma(vec4<f32>(lower[p]), gradient, sums[p + 4u]); }
    }
  }

  for (var p = 0u; p < 8u; p++) {
    let row = firstTap + 8u * eight + p;
    for (var q = 0u; q < 4u; q++) {
      let column = firstFilter + 4u * quad + q;
      if (row < TAPS && column < params.filters) { parts[(group.z * TAPS + row) * params.filters + column] = sums[p][q]; }
    }
  }
}
