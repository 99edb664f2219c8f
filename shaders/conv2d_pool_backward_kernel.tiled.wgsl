// conv2d backward, kernel and bias, from the gradient of the pooled map: see conv2d_backward_kernel.naive.wgsl and pool_decode.wgsl for the formulas.
// input [batch, height, width, channels], dOutput [batch, pooledHeight, pooledWidth, filters],
// codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] -> parts [parts, kernelHeight * kernelWidth * channels, filters] and biasParts [parts, filters],
// which sum_two_parts.wgsl adds up to dKernel and dBias
// As conv2d_backward_kernel.tiled.wgsl, but positions are counted as the places of the pooling windows, four a window. The gradient of the
// bias is that of a tap which always sees 1: it stands after the last tap where a tile has room for it. Where none has, the workgroups of the first taps add up
// the gradients that they multiply.

struct Params {
  batch: u32, height: u32, width: u32, filters: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  pooledHeight: u32, pooledWidth: u32, placesPerPart: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
@group(0) @binding(4) var<storage, read_write> biasParts: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

// Known when the shader is compiled: the inner loop divides by these.
const CHANNELS: u32 = 3u;
const KERNEL_HEIGHT: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;

const ROWS: u32 = 32u;
const QUADS: u32 = 16u;
const DEPTH: u32 = 16u;
const COLUMNS: u32 = 4u * QUADS;
const WORKGROUP_SIZE: u32 = ROWS / 8u * QUADS;
const TAPS: u32 = KERNEL_HEIGHT * KERNEL_WIDTH * CHANNELS;
const HAS_ROOM: bool = TAPS % ROWS != 0u;

// Where what the next places see begins: their picture's first row among those of all, row, column.
var<workgroup> origins: array<vec3<u32>, DEPTH>;
// By the place; taps and filters in fours.
var<workgroup> pixels: array<array<vec4<f32>, ROWS / 4u>, DEPTH>;
var<workgroup> gradients: array<array<vec4<f32>, QUADS>, DEPTH>;
// Of the gradients so far, where tiles have no room: here they take no invocation a register.
var<workgroup> biasSums: array<f32, COLUMNS>;

fn place_origin(place: u32) -> vec3<u32> {
  let window = place / 4u;
  let x = window % params.pooledWidth * 2u + place % 2u;
  let y = window / params.pooledWidth % params.pooledHeight * 2u + place / 2u % 2u;
  let n = window / (params.pooledWidth * params.pooledHeight);
  return vec3<u32>(n * params.height, y * params.strideHeight - params.padTop, x * params.strideWidth - params.padLeft);
}

// What a place sees by a tap. Rows above the input wrap to huge numbers, so one comparison checks both ends.
fn seen_by_place(origin: vec3<u32>, tap: u32) -> f32 {
  if (tap == TAPS) { return 1.0; }
  let row = origin.y + tap / (CHANNELS * KERNEL_WIDTH);
  let column = origin.z + tap / CHANNELS % KERNEL_WIDTH;
  if (tap > TAPS || row >= params.height || column >= params.width) { return 0.0; }
  return input[((origin.x + row) * params.width + column) * CHANNELS + tap % CHANNELS];
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let places = params.batch * params.pooledHeight * params.pooledWidth * 4u;
  let words = (params.filters + 7u) / 8u;
  let begin = group.z * params.placesPerPart;
  let end = min(begin + params.placesPerPart, places);
  let firstTap = group.x * ROWS;
  let firstFilter = group.y * COLUMNS;
  let eight = lane / QUADS;
  let quad = lane % QUADS;
  var sums = array<vec4<f32>, 8>();

  for (var i = lane; i < DEPTH; i += WORKGROUP_SIZE) { origins[i] = place_origin(begin + i); }
  for (var start = begin; start < end; start += DEPTH) {
    workgroupBarrier();
    // Invocations side by side read taps side by side.
    for (var i = lane; i < DEPTH * ROWS; i += WORKGROUP_SIZE) {
      let depth = i / ROWS;
      let row = i % ROWS;
      var value = 0.0;
      if (start + depth < end) { value = seen_by_place(origins[depth], firstTap + row); }
      pixels[depth][row / 4u][row % 4u] = value;
    }
    for (var i = lane; i < DEPTH * COLUMNS; i += WORKGROUP_SIZE) {
      let place = start + i / COLUMNS;
      let column = i % COLUMNS;
      let f = firstFilter + column;
      var gradient = 0.0;
      if (place < end && f < params.filters) {
        let code = extractBits(codes[place / 4u * words + f / 8u], 4u * (f % 8u), 4u);
        gradient = select(0.0, dOutput[place / 4u * params.filters + f], code == place % 4u);
      }
      gradients[i / COLUMNS][column / 4u][column % 4u] = gradient;
    }
    workgroupBarrier();
    if (!HAS_ROOM && group.x == 0u) {
      for (var i = lane; i < COLUMNS; i += WORKGROUP_SIZE) {
        var sum = biasSums[i];
        for (var depth = 0u; depth < DEPTH; depth++) { sum += gradients[depth][i / 4u][i % 4u]; }
        biasSums[i] = sum;
      }
    }
    for (var i = lane; i < DEPTH; i += WORKGROUP_SIZE) { origins[i] = place_origin(start + DEPTH + i); }
    for (var depth = 0u; depth < DEPTH; depth++) {
      let gradient = gradients[depth][quad];
      let upper = pixels[depth][2u * eight];
      let lower = pixels[depth][2u * eight + 1u];
      for (var p = 0u; p < 4u; p++) { sums[p] = fma(vec4<f32>(upper[p]), gradient, sums[p]); }
      for (var p = 0u; p < 4u; p++) { sums[p + 4u] = fma(vec4<f32>(lower[p]), gradient, sums[p + 4u]); }
    }
  }

  for (var p = 0u; p < 8u; p++) {
    let row = firstTap + 8u * eight + p;
    for (var q = 0u; q < 4u; q++) {
      let column = firstFilter + 4u * quad + q;
      if (column >= params.filters) { continue; }
      if (row < TAPS) { parts[(group.z * TAPS + row) * params.filters + column] = sums[p][q]; }
      if (p == TAPS % 8u && row == TAPS) { biasParts[group.z * params.filters + column] = sums[p][q]; }
    }
  }
  if (!HAS_ROOM && group.x == 0u) {
    for (var i = lane; i < COLUMNS && firstFilter + i < params.filters; i += WORKGROUP_SIZE) {
      biasParts[group.z * params.filters + firstFilter + i] = biasSums[i];
    }
  }
}
