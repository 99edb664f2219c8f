// winograd4_input, one channel an invocation: every 6x6 patch of an image, 4 pixels apart, in the 36 positions of Winograd's F(4x4, 3x3): B^T d B.
// input [batch, height, width, channels] -> transformed [36, batch * tilesHigh * tilesWide, channels]; zeros outside the image
// Patch (y, x) begins at row 4 y - padTop and column 4 x - padLeft.
// Source: the nested transforms of Lavin and Gray, https://arxiv.org/abs/1509.09308; the matrices by Cook and Toom, see bench/cook_toom.ts
// One invocation one channel of a patch, channels fastest. For GPUs: few registers leave room for many subgroups, which hide the memory's latency.

struct Params { batch: u32, height: u32, width: u32, channels: u32, padTop: u32, padLeft: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> transformed: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// B^T times a column of six.
fn input_transform(d: array<f32, 6>) -> array<f32, 6> {
  let even = fma(-2.25, d[2], d[4]);
  let odd = 0.75 * fma(-2.25, d[1], d[3]);
  let evenWide = fma(-0.5625, d[2], d[4]);
  let oddWide = 1.5 * fma(-0.5625, d[1], d[3]);
  return array<f32, 6>(
    fma(1.265625, d[0], fma(-2.8125, d[2], d[4])), even + odd, even - odd, evenWide + oddWide, evenWide - oddWide,
    fma(1.265625, d[1], fma(-2.8125, d[3], d[5])),
  );
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.channels;
  if (index >= size) { return; }
  let channel = index % params.channels;
  let tile = index / params.channels;
  // Rows above the image wrap to huge numbers, so one comparison checks both ends.
  let left = tile % params.tilesWide * 4u - params.padLeft;
  let top = tile / params.tilesWide % params.tilesHigh * 4u - params.padTop;
  let n = tile / (params.tilesWide * params.tilesHigh);
  var columns = array<array<f32, 6>, 6>();
  for (var j = 0u; j < 6u; j++) {
    var column = array<f32, 6>();
    for (var i = 0u; i < 6u; i++) {
      if (top + i < params.height && left + j < params.width) {
        column[i] = input[((n * params.height + top + i) * params.width + left + j) * params.channels + channel];
      }
    }
    columns[j] = input_transform(column);
  }
  for (var i = 0u; i < 6u; i++) {
    let row = input_transform(array<f32, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    for (var j = 0u; j < 6u; j++) { transformed[(i * 6u + j) * size + index] = row[j]; }
  }
}
