// conv2d backward, input, as a matrix product: see conv2d_backward_input.naive.wgsl for the formula.
// dOutput [batch, outputHeight, outputWidth, filters], kernel [kernelHeight, kernelWidth, channels, filters]
//   -> dInput [batch, height, width, channels]
// Rows are the input's pixels (batch, row, column), columns its channels, and the sum runs over taps (i, j, f).
// A workgroup computes TILE pixels by TILE channels, as conv2d_forward.tiled.wgsl does.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32, taps: u32,
}

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// Known when the shader is compiled: indices of taps are divided by these in the inner loop.
const FILTERS: u32 = 5u;
const KERNEL_WIDTH: u32 = 3u;
const DILATION_HEIGHT: u32 = 1u;
const DILATION_WIDTH: u32 = 1u;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = 256u;

var<workgroup> gradients: array<array<f32, TILE>, DEPTH>;
var<workgroup> weights: array<array<f32, TILE>, DEPTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let pixels = params.batch * params.height * params.width;
  // What this invocation loads: one pixel and one channel, every fourth tap.
  let pixel = group.x * TILE + lane % TILE;
  let channel = group.y * TILE + lane % TILE;
  let bottom = pixel / params.width % params.height + params.padTop;
  let right = pixel % params.width + params.padLeft;
  let n = pixel / (params.width * params.height);
  // What it computes: 4 pixels by 4 channels.
  let firstPixel = lane / 16u * 4u;
  let firstChannel = lane % 16u * 4u;
  var sums = array<vec4<f32>, 4>();

  for (var start = 0u; start < params.taps; start += DEPTH) {
    workgroupBarrier();
    for (var depth = lane / TILE; depth < DEPTH; depth += WORKGROUP_SIZE / TILE) {
      let tap = start + depth;
      let f = tap % FILTERS;
      // Windows before the first wrap to huge numbers and fall to the same comparison as those after the last.
      let top = bottom - tap / (FILTERS * KERNEL_WIDTH) * DILATION_HEIGHT;
      let left = right - tap / FILTERS % KERNEL_WIDTH * DILATION_WIDTH;
      let y = top / params.strideHeight;
      let x = left / params.strideWidth;
      let starts = top % params.strideHeight == 0u && left % params.strideWidth == 0u;
      var value = 0.0;
      if (tap < params.taps && pixel < pixels && starts && y < params.outputHeight && x < params.outputWidth) {
        value = dOutput[((n * params.outputHeight + y) * params.outputWidth + x) * FILTERS + f];
      }
      gradients[depth][lane % TILE] = value;
      var weight = 0.0;
      if (tap < params.taps && channel < params.channels) { weight = kernel[(tap / FILTERS * params.channels + channel) * FILTERS + f]; }
      weights[depth][lane % TILE] = weight;
    }
    workgroupBarrier();
    for (var depth = 0u; depth < min(DEPTH, params.taps - start); depth++) {
      let w = vec4<f32>(
        weights[depth][firstChannel], weights[depth][firstChannel + 1u], weights[depth][firstChannel + 2u], weights[depth][firstChannel + 3u],
      );
      for (var p = 0u; p < 4u; p++) { sums[p] = fma(vec4<f32>(gradients[depth][firstPixel + p]), w, sums[p]); }
    }
  }

  for (var p = 0u; p < 4u; p++) {
    let row = group.x * TILE + firstPixel + p;
    for (var q = 0u; q < 4u; q++) {
      let column = group.y * TILE + firstChannel + q;
      if (row < pixels && column < params.channels) { dInput[row * params.channels + column] = sums[p][q]; }
    }
  }
}
