// conv2d, bias, relu and 2x2 max pooling in one, as a matrix product whose rows are the places of the pooling windows: the map that is
// pooled is never written.
// input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, filters], bias [filters]
//   -> output [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
// A workgroup computes ROWS places, four a window, by QUADS times four filters, QUADS even, as conv2d_forward.tiled.wgsl does; each invocation has the 4 places of one
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

const ROWS: u32 = 64u;
const QUADS: u32 = 16u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = ROWS / 4u * QUADS;
const WINDOWS: u32 = ROWS / 4u;
const GROUP_WORDS: u32 = QUADS / 2u;
const DEAD: u32 = 4u;
const NOWHERE: u32 = 0xffffffffu;

// Where what each place sees begins: its picture's first row among those of all, row, column.
var<workgroup> origins: array<vec3<u32>, ROWS>;
// By the tap; places and filters in fours. One four more of places, so that lanes which write side by side meet fewer of the same banks.
var<workgroup> places: array<array<vec4<f32>, ROWS / 4u + 1u>, DEPTH>;
var<workgroup> weights: array<array<vec4<f32>, QUADS>, DEPTH>;
// By the window, the codes of its filters.
var<workgroup> found: array<array<u32, 4u * QUADS>, WINDOWS>;

// Where in the input the tap of a place lies. Rows above the input wrap to huge numbers, so one comparison checks both ends.
fn pixel_index(origin: vec3<u32>, tap: u32) -> u32 {
  let row = origin.y + tap / (CHANNELS * KERNEL_WIDTH);
  let column = origin.z + tap / CHANNELS % KERNEL_WIDTH;
  let inside = tap < params.taps && row < params.height && column < params.width;
  return select(NOWHERE, ((origin.x + row) * params.width + column) * CHANNELS + tap % CHANNELS, inside);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let windows = params.batch * params.pooledHeight * params.pooledWidth;
  let firstWindow = group.x * WINDOWS;
  let firstFilter = group.y * 4u * QUADS;
  for (var i = lane; i < ROWS; i += WORKGROUP_SIZE) {
    // Windows beyond the end read the last one; their numbers are not stored.
    let window = min(firstWindow + i / 4u, windows - 1u);
    let x = window % params.pooledWidth * 2u + i % 2u;
    let y = window / params.pooledWidth % params.pooledHeight * 2u + i / 2u % 2u;
    let n = window / (params.pooledWidth * params.pooledHeight);
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
        let at = pixel_index(origin, start + depth);
        if (at != NOWHERE) { value = vec4<f32>(input[at], input[at + 1u], input[at + 2u], input[at + 3u]); }
      } else {
        for (var t = 0u; t < 4u; t++) {
          let at = pixel_index(origin, start + depth + t);
          if (at != NOWHERE) { value[t] = input[at]; }
        }
      }
      for (var t = 0u; t < 4u; t++) { places[depth + t][row / 4u][row % 4u] = value[t]; }
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
      let place = places[depth][four];
      for (var p = 0u; p < 4u; p++) { slab[p] = fma(vec4<f32>(place[p]), weight, slab[p]); }
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
    let row = firstWindow + four;
    let column = firstFilter + 4u * quad + q;
    let inside = row < windows && column < params.filters;
    if (inside) { best += bias[column]; }
    found[four][4u * quad + q] = select(DEAD, code, inside && best > 0.0);
    // By select(), as max() may give 0 for a NaN.
    if (inside) { output[row * params.filters + column] = select(best, 0.0, best <= 0.0); }
  }
  workgroupBarrier();
  // Some of the invocations write a word of 8 codes each.
  let words = (params.filters + 7u) / 8u;
  let word = firstFilter / 8u + lane % GROUP_WORDS;
  let row = firstWindow + lane / GROUP_WORDS;
  if (lane < WINDOWS * GROUP_WORDS && word < words && row < windows) {
    var packed = 0u;
    for (var i = 0u; i < 8u; i++) { packed |= found[lane / GROUP_WORDS][lane % GROUP_WORDS * 8u + i] << (4u * i); }
    codes[row * words + word] = packed;
  }
}
