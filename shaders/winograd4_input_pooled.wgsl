// winograd4_input_pooled: winograd4_input.wgsl for the gradient of a map that is known by that of its 2x2 max pooling: every patch
// begins 2 rows and columns before its tile, at a pooling window, and covers 3 by 3 of them.
// dOutput [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
//   -> transformed [36, batch * tilesHigh * tilesWide, filters]
// One invocation four filters of a patch, filters fastest.

struct Params { batch: u32, pooledHeight: u32, pooledWidth: u32, quads: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read_write> transformed: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// B^T times a column of six.
fn input_transform(d: array<vec4<f32>, 6>) -> array<vec4<f32>, 6> {
  let even = fma(vec4<f32>(-2.25), d[2], d[4]);
  let odd = 0.75 * fma(vec4<f32>(-2.25), d[1], d[3]);
  let evenWide = fma(vec4<f32>(-0.5625), d[2], d[4]);
  let oddWide = 1.5 * fma(vec4<f32>(-0.5625), d[1], d[3]);
  return array<vec4<f32>, 6>(
    fma(vec4<f32>(1.265625), d[0], fma(vec4<f32>(-2.8125), d[2], d[4])), even + odd, even - odd, evenWide + oddWide, evenWide - oddWide,
    fma(vec4<f32>(1.265625), d[1], fma(vec4<f32>(-2.8125), d[3], d[5])),
  );
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
  // The window before the first wraps to a huge number, so one comparison checks both ends.
  let left = tile % params.tilesWide * 2u - 1u;
  let top = tile / params.tilesWide % params.tilesHigh * 2u - 1u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<vec4<f32>, 6>, 6>();
  for (var x = 0u; x < 3u; x++) {
    var even = array<vec4<f32>, 6>();
    var odd = array<vec4<f32>, 6>();
    for (var y = 0u; y < 3u; y++) {
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
    columns[2u * x] = input_transform(even);
    columns[2u * x + 1u] = input_transform(odd);
  }
  for (var i = 0u; i < 6u; i++) {
    let row = input_transform(array<vec4<f32>, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    for (var j = 0u; j < 6u; j++) { transformed[(i * 6u + j) * size + index] = row[j]; }
  }
}
