// winograd4_gradient_pooled: every 4x4 tile of the gradient of a map, known by that of its 2x2 max pooling, in the 36 positions of
// Winograd's F(4x4, 3x3): A dMap A^T, the transpose of the output transform of the forward pass.
// dOutput [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
//   -> transformed [36, batch * tilesHigh * tilesWide, filters]; a tile covers 2 by 2 pooling windows
// Source: the nested transforms of Lavin and Gray, https://arxiv.org/abs/1509.09308; the matrices by Cook and Toom, see bench/cook_toom.ts
// One invocation four filters of a tile, filters fastest.

struct Params { batch: u32, pooledHeight: u32, pooledWidth: u32, quads: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read_write> transformed: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// A times a column of four.
fn gradient_transform(y: array<vec4<f32>, 4>) -> array<vec4<f32>, 6> {
  let even = fma(vec4<f32>(0.5625), y[2], y[0]);
  let odd = fma(vec4<f32>(0.421875), y[3], 0.75 * y[1]);
  let evenWide = fma(vec4<f32>(2.25), y[2], y[0]);
  let oddWide = fma(vec4<f32>(3.375), y[3], 1.5 * y[1]);
  return array<vec4<f32>, 6>(y[0], even + odd, even - odd, evenWide + oddWide, evenWide - oddWide, y[3]);
}

// Codes of four filters from the lower half of a word.
fn unpack_four(word: u32) -> vec4<u32> {
  return (vec4<u32>(word) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.quads;
  if (index >= size) { return; }
  let quad = index % params.quads;
  let tile = index / params.quads;
  let words = (params.quads + 1u) / 2u;
  let left = tile % params.tilesWide * 2u;
  let top = tile / params.tilesWide % params.tilesHigh * 2u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<vec4<f32>, 6>, 4>();
  for (var x = 0u; x < 2u; x++) {
    var even = array<vec4<f32>, 4>();
    var odd = array<vec4<f32>, 4>();
    for (var y = 0u; y < 2u; y++) {
      if (top + y < params.pooledHeight && left + x < params.pooledWidth) {
        let window = (n * params.pooledHeight + top + y) * params.pooledWidth + left + x;
        let gradient = dOutput[window * params.quads + quad];
        let code = unpack_four(codes[window * words + quad / 2u] >> (quad % 2u * 16u));
        even[2u * y] = select(vec4<f32>(), gradient, code == vec4<u32>(0u));
        odd[2u * y] = select(vec4<f32>(), gradient, code == vec4<u32>(1u));
        even[2u * y + 1u] = select(vec4<f32>(), gradient, code == vec4<u32>(2u));
        odd[2u * y + 1u] = select(vec4<f32>(), gradient, code == vec4<u32>(3u));
      }
    }
    columns[2u * x] = gradient_transform(even);
    columns[2u * x + 1u] = gradient_transform(odd);
  }
  for (var i = 0u; i < 6u; i++) {
    let row = gradient_transform(array<vec4<f32>, 4>(columns[0][i], columns[1][i], columns[2][i], columns[3][i]));
    for (var j = 0u; j < 6u; j++) { transformed[(i * 6u + j) * size + index] = row[j]; }
  }
}
