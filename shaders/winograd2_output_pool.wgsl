// winograd2_output_pool: 2x2 tiles of a map from their 16 positions of Winograd's F(2x2, 3x3), A^T m A, then bias, relu and 2x2 max pooling:
// a tile is a pooling window, and its map is never written.
// products [16, batch * pooledHeight * pooledWidth, filters], bias [filters]
//   -> output [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", https://arxiv.org/abs/1509.09308
// One invocation eight filters of a window, whose codes share a word; filters fastest.

struct Params { windows: u32, quads: u32 }

@group(0) @binding(0) var<storage, read> products: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const DEAD: u32 = 4u;

// A^T times a column of four.
fn output_transform(m: array<vec4<f32>, 4>) -> array<vec4<f32>, 2> {
  return array<vec4<f32>, 2>(m[0] + m[1] + m[2], m[1] - m[2] - m[3]);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let words = (params.quads + 1u) / 2u;
  if (index >= params.windows * words) { return; }
  let word = index % words;
  let window = index / words;
  var packed = 0u;
  for (var half = 0u; half < 2u; half++) {
    let quad = word * 2u + half;
    var codesOfFour = 0x4444u;
    if (quad < params.quads) {
      var columns = array<array<vec4<f32>, 2>, 4>();
      for (var j = 0u; j < 4u; j++) {
        var column = array<vec4<f32>, 4>();
        for (var i = 0u; i < 4u; i++) { column[i] = products[((i * 4u + j) * params.windows + window) * params.quads + quad]; }
        columns[j] = output_transform(column);
      }
      let upper = output_transform(array<vec4<f32>, 4>(columns[0][0], columns[1][0], columns[2][0], columns[3][0]));
      let lower = output_transform(array<vec4<f32>, 4>(columns[0][1], columns[1][1], columns[2][1], columns[3][1]));
      let places = array<vec4<f32>, 4>(upper[0], upper[1], lower[0], lower[1]);
      var best = places[0];
      var code = vec4<u32>();
      for (var place = 1u; place < 4u; place++) {
        code = select(code, vec4<u32>(place), places[place] > best);
        best = max(best, places[place]);
      }
      best += bias[quad];
      code = select(vec4<u32>(DEAD), code, best > vec4<f32>()) << vec4<u32>(0u, 4u, 8u, 12u);
      codesOfFour = code.x | code.y | code.z | code.w;
      output[window * params.quads + quad] = max(best, vec4<f32>());
    }
    packed |= codesOfFour << (16u * half);
  }
  codes[index] = packed;
}
