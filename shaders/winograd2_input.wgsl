// winograd2_input: every 4x4 patch of an image, 2 pixels apart, in the 16 positions of Winograd's F(2x2, 3x3): B^T d B.
// input [batch, height, width, channels] -> transformed [16, batch * tilesHigh * tilesWide, channels]; zeros outside the image
// Patch (y, x) begins at row 2 y - padTop and column 2 x - padLeft. Channels come in fours.
// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", https://arxiv.org/abs/1509.09308
// One invocation four channels of a patch, channels fastest.

struct Params { batch: u32, height: u32, width: u32, quads: u32, padTop: u32, padLeft: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> transformed: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// B^T times a column of four.
fn input_transform(d: array<vec4<f32>, 4>) -> array<vec4<f32>, 4> {
  return array<vec4<f32>, 4>(d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.quads;
  if (index >= size) { return; }
  let quad = index % params.quads;
  let tile = index / params.quads;
  // Rows above the image wrap to huge numbers, so one comparison checks both ends.
  let left = tile % params.tilesWide * 2u - params.padLeft;
  let top = tile / params.tilesWide % params.tilesHigh * 2u - params.padTop;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<vec4<f32>, 4>, 4>();
  for (var j = 0u; j < 4u; j++) {
    var column = array<vec4<f32>, 4>();
    for (var i = 0u; i < 4u; i++) {
      if (top + i < params.height && left + j < params.width) {
        column[i] = input[((n * params.height + top + i) * params.width + left + j) * params.quads + quad];
      }
    }
    columns[j] = input_transform(column);
  }
  for (var i = 0u; i < 4u; i++) {
    let row = input_transform(array<vec4<f32>, 4>(columns[0][i], columns[1][i], columns[2][i], columns[3][i]));
    for (var j = 0u; j < 4u; j++) { transformed[(i * 4u + j) * size + index] = row[j]; }
  }
}
