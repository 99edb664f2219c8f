// winograd4_output, one channel an invocation: 4x4 tiles of a map from their 36 positions of Winograd's F(4x4, 3x3): A^T m A.
// products [36, batch * tilesHigh * tilesWide, channels] -> output [batch, height, width, channels]
// Source: the nested transforms of Lavin and Gray, https://arxiv.org/abs/1509.09308; the matrices by Cook and Toom, see bench/cook_toom.ts
// One invocation one channel of a tile, channels fastest. For GPUs: few registers leave room for many subgroups, which hide the memory's latency.

struct Params { batch: u32, height: u32, width: u32, channels: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> products: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// A^T times a column of six.
fn output_transform(m: array<f32, 6>) -> array<f32, 4> {
  let even = m[1] + m[2];
  let odd = m[1] - m[2];
  let evenWide = m[3] + m[4];
  let oddWide = m[3] - m[4];
  return array<f32, 4>(
    m[0] + even + evenWide, fma(0.75, odd, 1.5 * oddWide), fma(0.5625, even, 2.25 * evenWide),
    fma(0.421875, odd, fma(3.375, oddWide, m[5])),
  );
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.channels;
  if (index >= size) { return; }
  let channel = index % params.channels;
  let tile = index / params.channels;
  let left = tile % params.tilesWide * 4u;
  let top = tile / params.tilesWide % params.tilesHigh * 4u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<f32, 4>, 6>();
  for (var j = 0u; j < 6u; j++) {
    var column = array<f32, 6>();
    for (var i = 0u; i < 6u; i++) { column[i] = products[(i * 6u + j) * size + index]; }
    columns[j] = output_transform(column);
  }
  for (var i = 0u; i < 4u; i++) {
    let row = output_transform(array<f32, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    for (var j = 0u; j < 4u; j++) {
      if (top + i < params.height && left + j < params.width) {
        output[((n * params.height + top + i) * params.width + left + j) * params.channels + channel] = row[j];
      }
    }
  }
}
