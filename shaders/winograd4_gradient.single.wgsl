// winograd4_gradient, one filter an invocation: every 4x4 tile of the gradient of a map in the 36 positions of Winograd's F(4x4, 3x3):
// A dMap A^T, the transpose of the output transform of the forward pass.
// dOutput [batch, height, width, filters] -> transformed [36, batch * tilesHigh * tilesWide, filters]
// Source: the nested transforms of Lavin and Gray, https://arxiv.org/abs/1509.09308; the matrices by Cook and Toom, see bench/cook_toom.ts
// One invocation one filter of a tile, filters fastest. For GPUs: few registers leave room for many subgroups, which hide the memory's latency.

struct Params { batch: u32, height: u32, width: u32, filters: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read_write> transformed: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

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
  let left = tile % params.tilesWide * 4u;
  let top = tile / params.tilesWide % params.tilesHigh * 4u;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<f32, 6>, 4>();
  for (var j = 0u; j < 4u; j++) {
    var column = array<f32, 4>();
    for (var i = 0u; i < 4u; i++) {
      if (top + i < params.height && left + j < params.width) {
        column[i] = dOutput[((n * params.height + top + i) * params.width + left + j) * params.filters + filter_];
      }
    }
    columns[j] = gradient_transform(column);
  }
  for (var i = 0u; i < 6u; i++) {
    let row = gradient_transform(array<f32, 4>(columns[0][i], columns[1][i], columns[2][i], columns[3][i]));
    for (var j = 0u; j < 6u; j++) { transformed[(i * 6u + j) * size + index] = row[j]; }
  }
}
