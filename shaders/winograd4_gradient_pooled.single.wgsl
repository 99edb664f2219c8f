// winograd4_gradient_pooled, one filter an invocation: every 4x4 tile of the gradient of a map, known by that of its 2x2 max pooling, in the 36 positions of
// Winograd's F(4x4, 3x3): A dMap A^T, the transpose of the output transform of the forward pass.
// dOutput [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
//   -> transformed [36, batch * tilesHigh * tilesWide, filters]; a tile covers 2 by 2 pooling windows
// Source: the nested transforms of Lavin and Gray, https://arxiv.org/abs/1509.09308; the matrices by Cook and Toom, see bench/cook_toom.ts
// One invocation one filter of a tile, filters fastest. For GPUs: few registers leave room for many subgroups, which hide the memory's latency.

struct Params { batch: u32, pooledHeight: u32, pooledWidth: u32, filters: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read_write> transformed: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// A times a column of four.
fn gradient_transform(y: array<f32, 4>) -> array<f32, 6> {
  let even = fma(0.5625, y[2], y[0]);
  let odd = fma(0.421875, y[3], 0.75 * y[1]);
  let evenWide = fma(2.25, y[2], y[0]);
  let oddWide = fma(3.375, y[3], 1.5 * y[1]);
  return array<f32, 6>(y[0], even + odd, even - odd, evenWide + oddWide, evenWide - oddWide, y[3]);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.filters;
  if (index >= size) { return; }
  let filter_ = index % params.filters;
  let tile = index / params.filters;
  let words = (params.filters + 7u) / 8u;
  let left = tile % params.tilesWide * 2u;
  let top = tile / params.tilesWide % params.tilesHigh * 2u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<f32, 6>, 4>();
  for (var x = 0u; x < 2u; x++) {
    var even = array<f32, 4>();
    var odd = array<f32, 4>();
    for (var y = 0u; y < 2u; y++) {
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
    columns[2u * x] = gradient_transform(even);
    columns[2u * x + 1u] = gradient_transform(odd);
  }
  for (var i = 0u; i < 6u; i++) {
    let row = gradient_transform(array<f32, 4>(columns[0][i], columns[1][i], columns[2][i], columns[3][i]));
    for (var j = 0u; j < 6u; j++) { transformed[(i * 6u + j) * size + index] = row[j]; }
  }
}
