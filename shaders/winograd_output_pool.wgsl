// winograd_output_pool: winograd_output.wgsl, then bias, relu and 2x2 max pooling: a tile is 2 by 2 pooling windows, and its map is never written.
// products [36, batch * tilesHigh * tilesWide, filters], bias [filters]
//   -> output [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
// One invocation eight filters of a tile, whose codes share a word; filters fastest.

struct Params { batch: u32, pooledHeight: u32, pooledWidth: u32, quads: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> products: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const DEAD: u32 = 4u;

// A^T times a column of six.
fn output_transform(m: array<vec4<f32>, 6>) -> array<vec4<f32>, 4> {
  let a = m[1] + m[2];
  let b = m[1] - m[2];
  let c = m[3] + m[4];
  let d = m[3] - m[4];
  return array<vec4<f32>, 4>(m[0] + a + c, fma(vec4<f32>(2.0), d, b), fma(vec4<f32>(4.0), c, a), fma(vec4<f32>(8.0), d, b) + m[5]);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let words = (params.quads + 1u) / 2u;
  let tiles = params.batch * params.tilesHigh * params.tilesWide;
  if (index >= tiles * words) { return; }
  let word = index % words;
  let tile = index / words;
  let left = tile % params.tilesWide * 2u;
  let top = tile / params.tilesWide % params.tilesHigh * 2u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var packed = array<u32, 4>();
  for (var half = 0u; half < 2u; half++) {
    let quad = word * 2u + half;
    if (quad >= params.quads) {
      for (var window = 0u; window < 4u; window++) { packed[window] |= 0x4444u << (16u * half); }
      continue;
    }
    var columns = array<array<vec4<f32>, 4>, 6>();
    for (var j = 0u; j < 6u; j++) {
      var column = array<vec4<f32>, 6>();
      for (var i = 0u; i < 6u; i++) { column[i] = products[((i * 6u + j) * tiles + tile) * params.quads + quad]; }
      columns[j] = output_transform(column);
    }
    var map = array<array<vec4<f32>, 4>, 4>();
    for (var i = 0u; i < 4u; i++) {
      map[i] = output_transform(array<vec4<f32>, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    }
    for (var y = 0u; y < 2u; y++) {
      for (var x = 0u; x < 2u; x++) {
        var best = map[2u * y][2u * x];
        var code = vec4<u32>();
        for (var place = 1u; place < 4u; place++) {
          let value = map[2u * y + place / 2u][2u * x + place % 2u];
          code = select(code, vec4<u32>(place), value > best);
          best = max(best, value);
        }
        best += bias[quad];
        code = select(vec4<u32>(DEAD), code, best > vec4<f32>()) << vec4<u32>(0u, 4u, 8u, 12u);
        packed[2u * y + x] |= (code.x | code.y | code.z | code.w) << (16u * half);
        if (top + y < params.pooledHeight && left + x < params.pooledWidth) {
          output[((n * params.pooledHeight + top + y) * params.pooledWidth + left + x) * params.quads + quad] = max(best, vec4<f32>());
        }
      }
    }
  }
  for (var window = 0u; window < 4u; window++) {
    let y = top + window / 2u;
    let x = left + window % 2u;
    if (y < params.pooledHeight && x < params.pooledWidth) {
      codes[((n * params.pooledHeight + y) * params.pooledWidth + x) * words + word] = packed[window];
    }
  }
}
