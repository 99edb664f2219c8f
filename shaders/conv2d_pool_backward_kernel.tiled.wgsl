// conv2d backward, kernel, from the gradient of the pooled map: see conv2d_backward_kernel.naive.wgsl and pool_decode.wgsl for the formulas.
// input [batch, height, width, channels], dOutput [batch, pooledHeight, pooledWidth, filters],
// codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] -> parts [parts, kernelHeight * kernelWidth * channels, filters],
// which sum_parts.wgsl adds up to dKernel
// As conv2d_backward_kernel.tiled.wgsl, but positions are counted as the places of the pooling windows, four a window.

struct Params {
  batch: u32, height: u32, width: u32, filters: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  pooledHeight: u32, pooledWidth: u32, placesPerPart: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const CHANNELS: u32 = 3u;
const KERNEL_HEIGHT: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = 256u;
const TAPS: u32 = KERNEL_HEIGHT * KERNEL_WIDTH * CHANNELS;

var<workgroup> pixels: array<array<f32, TILE>, DEPTH>;
var<workgroup> gradients: array<array<f32, TILE>, DEPTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let places = params.batch * params.pooledHeight * params.pooledWidth * 4u;
  let begin = group.z * params.placesPerPart;
  let end = min(begin + params.placesPerPart, places);
  let words = (params.filters + 7u) / 8u;
  // What this invocation loads: one tap and one filter, every fourth place.
  let tap = group.x * TILE + lane % TILE;
  let filter_ = group.y * TILE + lane % TILE;
  let c = tap % CHANNELS;
  let i = tap / (CHANNELS * KERNEL_WIDTH);
  let j = tap / CHANNELS % KERNEL_WIDTH;
  // What it computes: 4 taps by 4 filters.
  let firstTap = lane / 16u * 4u;
  let firstFilter = lane % 16u * 4u;
  var sums = array<vec4<f32>, 4>();

  for (var start = begin; start < end; start += DEPTH) {
    workgroupBarrier();
    for (var depth = lane / TILE; depth < DEPTH; depth += WORKGROUP_SIZE / TILE) {
      let place = start + depth;
      let window = place / 4u;
      let x = window % params.pooledWidth * 2u + place % 2u;
      let y = window / params.pooledWidth % params.pooledHeight * 2u + place / 2u % 2u;
      let n = window / (params.pooledWidth * params.pooledHeight);
      // Rows above the input wrap to huge numbers, so one comparison checks both ends.
      let row = y * params.strideHeight + i - params.padTop;
      let column = x * params.strideWidth + j - params.padLeft;
      var value = 0.0;
      if (place < end && tap < TAPS && row < params.height && column < params.width) {
        value = input[((n * params.height + row) * params.width + column) * CHANNELS + c];
      }
      pixels[depth][lane % TILE] = value;
      var gradient = 0.0;
      if (place < end && filter_ < params.filters) {
        let code = extractBits(codes[window * words + filter_ / 8u], 4u * (filter_ % 8u), 4u);
        if (code == place % 4u) { gradient = dOutput[window * params.filters + filter_]; }
      }
      gradients[depth][lane % TILE] = gradient;
    }
    workgroupBarrier();
    for (var depth = 0u; depth < min(DEPTH, end - start); depth++) {
      let g = vec4<f32>(
        gradients[depth][firstFilter], gradients[depth][firstFilter + 1u], gradients[depth][firstFilter + 2u], gradients[depth][firstFilter + 3u],
      );
      for (var p = 0u; p < 4u; p++) { sums[p] = fma(vec4<f32>(pixels[depth][firstTap + p]), g, sums[p]); }
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
