// winograd2_output: 2x2 tiles of a map from their 16 positions of Winograd's F(2x2, 3x3), A^T m A, plus bias.
// products [16, batch * tilesHigh * tilesWide, filters], bias [filters] -> output [batch, height, width, filters]; filters come in fours
// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", https://arxiv.org/abs/1509.09308
// One invocation four filters of a tile, filters fastest.

struct Params { batch: u32, height: u32, width: u32, quads: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> products: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// A^T times a column of four.
fn output_transform(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) -> array<vec4<f32>, 2> {
  return array<vec4<f32>, 2>(a + b + c, b - c - d);
}

// Column x of a tile's positions, transformed.
fn column(x: u32, index: u32, size: u32) -> array<vec4<f32>, 2> {
  let place = x * size + index;
  return output_transform(products[place], products[place + 4u * size], products[place + 8u * size], products[place + 12u * size]);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.quads;
  if (index >= size) { return; }
  let quad = index % params.quads;
  let tile = index / params.quads;
  let left = tile % params.tilesWide * 2u;
  let top = tile / params.tilesWide % params.tilesHigh * 2u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  let c0 = column(0u, index, size);
  let c1 = column(1u, index, size);
  let c2 = column(2u, index, size);
  let c3 = column(3u, index, size);
  let upper = output_transform(c0[0], c1[0], c2[0], c3[0]);
  let lower = output_transform(c0[1], c1[1], c2[1], c3[1]);
  let place = ((n * params.height + top) * params.width + left) * params.quads + quad;
  let below = params.width * params.quads;
  let hasRight = left + 1u < params.width;
  let hasLower = top + 1u < params.height;
  output[place] = upper[0] + bias[quad];
  if (hasRight) { output[place + params.quads] = upper[1] + bias[quad]; }
  if (hasLower) { output[place + below] = lower[0] + bias[quad]; }
  if (hasLower && hasRight) { output[place + below + params.quads] = lower[1] + bias[quad]; }
}
