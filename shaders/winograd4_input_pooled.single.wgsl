// winograd4_input_pooled, one filter an invocation: winograd4_input.wgsl for the gradient of a map that is known by that of its 2x2 max pooling: every patch
// begins 2 rows and columns before its tile, at a pooling window, and covers 3 by 3 of them.
// dOutput [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
//   -> transformed [36, batch * tilesHigh * tilesWide, filters]
// One invocation one filter of a patch, filters fastest. For GPUs: few registers leave room for many subgroups, which hide the memory's latency.

struct Params { batch: u32, pooledHeight: u32, pooledWidth: u32, filters: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read_write> transformed: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// B^T times a column of six.
fn input_transform(d: array<f32, 6>) -> array<f32, 6> {
  let even = fma(-2.25, d[2], d[4]);
  let odd = 0.75 * fma(-2.25, d[1], d[3]);
  let evenWide = fma(-0.5625, d[2], d[4]);
  let oddWide = 1.5 * fma(-0.5625, d[1], d[3]);
  return array<f32, 6>(
    fma(1.265625, d[0], fma(-2.8125, d[2], d[4])), even + odd, even - odd, evenWide + oddWide, evenWide - oddWide,
    fma(1.265625, d[1], fma(-2.8125, d[3], d[5])),
  );
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.filters;
  if (index >= size) { return; }
  let filter_ = index % params.filters;
  let tile = index / params.filters;
  let words = (params.filters + 7u) / 8u;
  // The window before the first wraps to a huge number, so one comparison checks both ends.
  let left = tile % params.tilesWide * 2u - 1u;
  let top = tile / params.tilesWide % params.tilesHigh * 2u - 1u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<f32, 6>, 6>();
  for (var x = 0u; x < 3u; x++) {
    var even = array<f32, 6>();
    var odd = array<f32, 6>();
    for (var y = 0u; y < 3u; y++) {
      if (top + y < params.pooledHeight && left + x < params.pooledWidth) {
        let window = (n * params.pooledHeight + top + y) * params.pooledWidth + left + x;
        let gradient = dOutput[window * params.filters + filter_];
        let code = extractBits(codes[window * words + filter_ / 8u], filter_ % 8u * 4u, 4u);
        even[2u * y] = select(0.0, gradient, code == 0u);
        odd[2u * y] = select(0.0, gradient, code == 1u);
        even[2u * y + 1u] = select(0.0, gradient, code == 2u);
        odd[2u * y + 1u] = select(0.0, gradient, code == 3u);
      }
    }
    columns[2u * x] = input_transform(even);
    columns[2u * x + 1u] = input_transform(odd);
  }
  for (var i = 0u; i < 6u; i++) {
    let row = input_transform(array<f32, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    for (var j = 0u; j < 6u; j++) { transformed[(i * 6u + j) * size + index] = row[j]; }
  }
}
