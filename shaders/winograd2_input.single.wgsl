// winograd2_input, one channel an invocation: every 4x4 patch of an image, 2 pixels apart, in the 16 positions of Winograd's F(2x2, 3x3): B^T d B.
// input [batch, height, width, channels] -> transformed [16, batch * tilesHigh * tilesWide, channels]; zeros outside the image
// Patch (y, x) begins at row 2 y - padTop and column 2 x - padLeft.
// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", https://arxiv.org/abs/1509.09308
// One invocation one channel of a patch, channels fastest. For GPUs: few registers leave room for many subgroups, which hide the memory's latency.

struct Params { batch: u32, height: u32, width: u32, channels: u32, padTop: u32, padLeft: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> transformed: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// B^T times a column of four.
fn input_transform(a: f32, b: f32, c: f32, d: f32) -> array<f32, 4> {
  return array<f32, 4>(a - c, b + c, c - b, b - d);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let size = params.batch * params.tilesHigh * params.tilesWide * params.channels;
  if (index >= size) { return; }
  let channel = index % params.channels;
  let tile = index / params.channels;
  let left = tile % params.tilesWide * 2u - params.padLeft;
  let top = tile / params.tilesWide % params.tilesHigh * 2u - params.padTop;
  let image = tile / (params.tilesWide * params.tilesHigh) * params.height;
  let c0 = column(image, top, left, channel);
  let c1 = column(image, top, left + 1u, channel);
  let c2 = column(image, top, left + 2u, channel);
  let c3 = column(image, top, left + 3u, channel);
  store(0u, size, index, input_transform(c0[0], c1[0], c2[0], c3[0]));
  store(4u, size, index, input_transform(c0[1], c1[1], c2[1], c3[1]));
  store(8u, size, index, input_transform(c0[2], c1[2], c2[2], c3[2]));
  store(12u, size, index, input_transform(c0[3], c1[3], c2[3], c3[3]));
}

// Column x of a patch, transformed.
fn column(image: u32, top: u32, x: u32, channel: u32) -> array<f32, 4> {
  return input_transform(
    pixel(image, top, x, channel), pixel(image, top + 1u, x, channel), pixel(image, top + 2u, x, channel), pixel(image, top + 3u, x, channel),
  );
}

// Zero outside the image. Rows above it wrap to huge numbers, so one comparison checks both ends.
fn pixel(image: u32, y: u32, x: u32, channel: u32) -> f32 {
  let isInside = y < params.height && x < params.width;
  let place = ((image + y) * params.width + x) * params.channels + channel;
  return select(0.0, input[select(0u, place, isInside)], isInside);
}

fn store(position: u32, size: u32, index: u32, row: array<f32, 4>) {
  transformed[position * size + index] = row[0];
  transformed[(position + 1u) * size + index] = row[1];
  transformed[(position + 2u) * size + index] = row[2];
  transformed[(position + 3u) * size + index] = row[3];
}
