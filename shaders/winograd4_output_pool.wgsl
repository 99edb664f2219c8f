// winograd4_output_pool: 4x4 tiles of a map from their 36 positions of Winograd's F(4x4, 3x3), A^T m A, then bias, relu and 2x2 max pooling:
// a tile is 2 by 2 pooling windows, and its map is never written.
// products [36, batch * tilesHigh * tilesWide, filters], bias [filters]
//   -> output [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
// Pixels of a window that see the same patch are equal, the first of them wins, and one that sees nothing is 0. The transforms round that away: what differs
// by no more than their rounding, in four filters at once, is taken to be the same.
// Source: the nested transforms of Lavin and Gray, https://arxiv.org/abs/1509.09308; the matrices by Cook and Toom, see bench/cook_toom.ts
// One invocation eight filters of a tile, whose codes share a word; filters fastest.

struct Params { batch: u32, pooledHeight: u32, pooledWidth: u32, quads: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> products: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const DEAD: u32 = 4u;
// What the transforms may round, as a share of a tile's largest number between them.
const ROUNDING: f32 = 0x1p-17;

// A^T times a column of six.
fn output_transform(m: array<vec4<f32>, 6>) -> array<vec4<f32>, 4> {
  let even = m[1] + m[2];
  let odd = m[1] - m[2];
  let evenWide = m[3] + m[4];
  let oddWide = m[3] - m[4];
  return array<vec4<f32>, 4>(
    m[0] + even + evenWide, fma(vec4<f32>(0.75), odd, 1.5 * oddWide), fma(vec4<f32>(0.5625), even, 2.25 * evenWide),
    fma(vec4<f32>(0.421875), odd, fma(vec4<f32>(3.375), oddWide, m[5])),
  );
}

// Codes of four filters in half a word, the first in the lowest bits.
fn pack_four(code: vec4<u32>) -> u32 {
  return code.x | (code.y << 4u) | (code.z << 8u) | (code.w << 12u);
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
  var packed = array<array<u32, 2>, 2>();
  for (var half = 0u; half < 2u; half++) {
    let quad = min(word * 2u + half, params.quads - 1u);
    let isLast = word * 2u + half >= params.quads;
    var columns = array<array<vec4<f32>, 4>, 6>();
    var scale = vec4<f32>();
    for (var j = 0u; j < 6u; j++) {
      var column = array<vec4<f32>, 6>();
      for (var i = 0u; i < 6u; i++) { column[i] = products[((i * 6u + j) * tiles + tile) * params.quads + quad]; }
      columns[j] = output_transform(column);
      scale = max(scale, max(max(abs(columns[j][0]), abs(columns[j][1])), max(abs(columns[j][2]), abs(columns[j][3]))));
    }
    let rounding = ROUNDING * scale;
    for (var y = 0u; y < 2u; y++) {
      let upper = row_of(columns, 2u * y);
      let lower = row_of(columns, 2u * y + 1u);
      for (var x = 0u; x < 2u; x++) {
        let a = settled(upper[2u * x], vec4<f32>(), rounding);
        let b = settled(settled(upper[2u * x + 1u], vec4<f32>(), rounding), a, rounding);
        let c = settled(settled(settled(lower[2u * x], vec4<f32>(), rounding), b, rounding), a, rounding);
        let d = settled(settled(settled(settled(lower[2u * x + 1u], vec4<f32>(), rounding), c, rounding), b, rounding), a, rounding);
        // The first of the largest wins.
        var best = a;
        var code = select(vec4<u32>(), vec4<u32>(1u), b > best);
        best = max(best, b);
        code = select(code, vec4<u32>(2u), c > best);
        best = max(best, c);
        code = select(code, vec4<u32>(3u), d > best);
        best = max(best, d) + bias[quad];
        code = select(vec4<u32>(DEAD), code, !vec4<bool>(isLast) & (best > vec4<f32>()));
        packed[y][x] |= pack_four(code) << (16u * half);
        if (!isLast && top + y < params.pooledHeight && left + x < params.pooledWidth) {
          // By select(), as max() may give 0 for a NaN.
          output[window_at(n, top + y, left + x) * params.quads + quad] = select(best, vec4<f32>(), best <= vec4<f32>());
        }
      }
    }
  }
  for (var y = 0u; y < 2u; y++) {
    for (var x = 0u; x < 2u; x++) {
      if (top + y < params.pooledHeight && left + x < params.pooledWidth) { codes[window_at(n, top + y, left + x) * words + word] = packed[y][x]; }
    }
  }
}

// `value`, or `other` where that is the same but for rounding.
fn settled(value: vec4<f32>, other: vec4<f32>, rounding: vec4<f32>) -> vec4<f32> {
  return select(value, other, all(abs(value - other) < rounding));
}

fn row_of(columns: array<array<vec4<f32>, 4>, 6>, i: u32) -> array<vec4<f32>, 4> {
  return output_transform(array<vec4<f32>, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
}

fn window_at(n: u32, y: u32, x: u32) -> u32 {
  return (n * params.pooledHeight + y) * params.pooledWidth + x;
}
