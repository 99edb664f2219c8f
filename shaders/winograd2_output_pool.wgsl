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
fn output_transform(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) -> array<vec4<f32>, 2> {
  return array<vec4<f32>, 2>(a + b + c, b - c - d);
}

// Codes of four filters in half a word, the first in the lowest bits.
fn pack_four(code: vec4<u32>) -> u32 {
  return code.x | (code.y << 4u) | (code.z << 8u) | (code.w << 12u);
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
      let c0 = column(0u, window, quad);
      let c1 = column(1u, window, quad);
      let c2 = column(2u, window, quad);
      let c3 = column(3u, window, quad);
      let upper = output_transform(c0[0], c1[0], c2[0], c3[0]);
      let lower = output_transform(c0[1], c1[1], c2[1], c3[1]);
      // The first of the largest wins.
      var best = upper[0];
      var code = select(vec4<u32>(), vec4<u32>(1u), upper[1] > best);
      best = max(best, upper[1]);
      code = select(code, vec4<u32>(2u), lower[0] > best);
      best = max(best, lower[0]);
      code = select(code, vec4<u32>(3u), lower[1] > best);
      best = max(best, lower[1]) + bias[quad];
      codesOfFour = pack_four(select(vec4<u32>(DEAD), code, best > vec4<f32>()));
      // By select(), as max() may give 0 for a NaN.
      output[window * params.quads + quad] = select(best, vec4<f32>(), best <= vec4<f32>());
    }
    packed |= codesOfFour << (16u * half);
  }
  codes[index] = packed;
}

// Column x of a window's positions, transformed.
fn column(x: u32, window: u32, quad: u32) -> array<vec4<f32>, 2> {
  let place = (x * params.windows + window) * params.quads + quad;
  let row = 4u * params.windows * params.quads;
  return output_transform(products[place], products[place + row], products[place + 2u * row], products[place + 3u * row]);
}
