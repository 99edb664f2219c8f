// winograd4_output: 4x4 tiles of a map from their 36 positions of Winograd's F(4x4, 3x3): A^T m A.
// products [36, batch * tilesHigh * tilesWide, channels] -> output [batch, height, width, channels]; channels come in fours
// Source: the nested transforms of Lavin and Gray, https://arxiv.org/abs/1509.09308; the matrices by Cook and Toom, see bench/cook_toom.ts
// One invocation four channels of a tile, channels fastest.

struct Params { batch: u32, height: u32, width: u32, quads: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> products: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

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

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.quads;
  if (index >= size) { return; }
  let quad = index % params.quads;
  let tile = index / params.quads;
  let left = tile % params.tilesWide * 4u;
  let top = tile / params.tilesWide % params.tilesHigh * 4u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<vec4<f32>, 4>, 6>();
  for (var j = 0u; j < 6u; j++) {
    var column = array<vec4<f32>, 6>();
    for (var i = 0u; i < 6u; i++) { column[i] = products[(i * 6u + j) * size + index]; }
    columns[j] = output_transform(column);
  }
  for (var i = 0u; i < 4u; i++) {
    let row = output_transform(array<vec4<f32>, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    for (var j = 0u; j < 4u; j++) {
      if (top + i < params.height && left + j < params.width) {
        output[((n * params.height + top + i) * params.width + left + j) * params.quads + quad] = row[j];
      }
    }
  }
}
