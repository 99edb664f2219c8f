// conv2d backward, input, as a matrix product: see conv2d_backward_input.naive.wgsl for the formula.
// dOutput [batch, outputHeight, outputWidth, filters], kernel [kernelHeight, kernelWidth, channels, filters]
//   -> dInput [batch, height, width, channels]
// Rows are the input's pixels (batch, row, column), columns its channels, and the sum runs over taps (i, j, f).
// A workgroup computes ROWS pixels by QUADS times four channels, as conv2d_forward.tiled.wgsl does, but each invocation 8 pixels by 4 channels: 3 loads for 32
// multiply-adds.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32, padTop: u32, padLeft: u32, outputHeight: u32, outputWidth: u32, taps: u32,
}

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// Known when the shader is compiled: the inner loop divides by these.
const FILTERS: u32 = 5u;
const KERNEL_WIDTH: u32 = 3u;
const STRIDE_HEIGHT: u32 = 1u;
const STRIDE_WIDTH: u32 = 1u;
const DILATION_HEIGHT: u32 = 1u;
const DILATION_WIDTH: u32 = 1u;

const ROWS: u32 = 64u;
const QUADS: u32 = 16u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = ROWS / 8u * QUADS;
const NOWHERE: u32 = 0xffffffffu;

// Where the output that sees a pixel by its first tap lies, strides not counted: its picture, row, column.
var<workgroup> origins: array<vec3<u32>, ROWS>;
// By the tap; pixels and channels in fours. One four more, so that lanes which write side by side meet fewer of the same banks.
var<workgroup> gradients: array<array<vec4<f32>, ROWS / 4u + 1u>, DEPTH>;
var<workgroup> weights: array<array<vec4<f32>, QUADS + 1u>, DEPTH>;

// Where in dOutput the gradient lies that comes to a pixel by a tap. Windows before the first wrap to huge numbers and fall to the same comparison as those
// after the last.
fn output_index(origin: vec3<u32>, tap: u32) -> u32 {
  let top = origin.y - tap / (FILTERS * KERNEL_WIDTH) * DILATION_HEIGHT;
  let left = origin.z - tap / FILTERS % KERNEL_WIDTH * DILATION_WIDTH;
  let y = top / STRIDE_HEIGHT;
  let x = left / STRIDE_WIDTH;
  let starts = top % STRIDE_HEIGHT == 0u && left % STRIDE_WIDTH == 0u;
  let inside = tap < params.taps && starts && y < params.outputHeight && x < params.outputWidth;
  return select(NOWHERE, ((origin.x * params.outputHeight + y) * params.outputWidth + x) * FILTERS + tap % FILTERS, inside);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let pixels = params.batch * params.height * params.width;
  let firstPixel = group.x * ROWS;
  let firstChannel = group.y * 4u * QUADS;
  for (var i = lane; i < ROWS; i += WORKGROUP_SIZE) {
    // Pixels beyond the end read the last one; their sums are not stored.
    let pixel = min(firstPixel + i, pixels - 1u);
    let row = pixel / params.width % params.height;
    origins[i] = vec3<u32>(pixel / (params.width * params.height), row + params.padTop, pixel % params.width + params.padLeft);
  }
  let eight = lane / QUADS;
  let quad = lane % QUADS;
  var sums = array<vec4<f32>, 8>();

  for (var start = 0u; start < params.taps; start += DEPTH) {
    workgroupBarrier();
    // Four taps an invocation.
    for (var i = lane; i < ROWS * DEPTH / 4u; i += WORKGROUP_SIZE) {
      let row = i / (DEPTH / 4u);
      let depth = i % (DEPTH / 4u) * 4u;
      let origin = origins[row];
      var value = vec4<f32>();
      if (FILTERS % 4u == 0u) {
        // They are filters of one position.
        let at = output_index(origin, start + depth);
        if (at != NOWHERE) { value = vec4<f32>(dOutput[at], dOutput[at + 1u], dOutput[at + 2u], dOutput[at + 3u]); }
      } else {
        for (var t = 0u; t < 4u; t++) {
          let at = output_index(origin, start + depth + t);
          if (at != NOWHERE) { value[t] = dOutput[at]; }
        }
      }
      for (var t = 0u; t < 4u; t++) { gradients[depth + t][row / 4u][row % 4u] = value[t]; }
    }
    // Taps lie side by side in memory.
    for (var i = lane; i < DEPTH * 4u * QUADS; i += WORKGROUP_SIZE) {
      let tap = start + i % DEPTH;
      let column = i / DEPTH;
      var weight = 0.0;
      if (tap < params.taps && firstChannel + column < params.channels) {
        weight = kernel[(tap / FILTERS * params.channels + firstChannel + column) * FILTERS + tap % FILTERS];
      }
      weights[i % DEPTH][column / 4u][column % 4u] = weight;
    }
    workgroupBarrier();
    for (var depth = 0u; depth < DEPTH; depth++) {
      let weight = weights[depth][quad];
      let upper = gradients[depth][2u * eight];
      let lower = gradients[depth][2u * eight + 1u];
      for (var p = 0u; p < 4u; p++) { sums[p] = fma(vec4<f32>(upper[p]), weight, sums[p]); }
      for (var p = 0u; p < 4u; p++) { sums[p + 4u] = fma(vec4<f32>(lower[p]), weight, sums[p + 4u]); }
    }
  }

  for (var p = 0u; p < 8u; p++) {
    let row = firstPixel + 8u * eight + p;
    for (var q = 0u; q < 4u; q++) {
      let column = firstChannel + 4u * quad + q;
      if (row < pixels && column < params.channels) { dInput[row * params.channels + column] = sums[p][q]; }
    }
  }
}
