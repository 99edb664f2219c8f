// im2col: what each place of a pooling window sees of the image, so that the convolution becomes a matrix product.
// input [batch, height, width, channels] -> columns [windows, 4, taps], windows = batch * pooledHeight * pooledWidth; the window's places in
// row-major order, taps = kernelHeight * kernelWidth * channels, filled up with zeros to whole fours (tapQuads)
// One invocation four taps of a place.

struct Params {
  batch: u32, height: u32, width: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32, pooledHeight: u32, pooledWidth: u32,
  taps: u32, tapQuads: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> columns: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const CHANNELS: u32 = 3u;
const KERNEL_WIDTH: u32 = 3u;
const ROW: u32 = KERNEL_WIDTH * CHANNELS;

fn seen(n: u32, top: u32, left: u32, tap: u32) -> f32 {
  // Rows above the image wrap to huge numbers, so one comparison checks both ends.
  let y = top + tap / ROW;
  let x = left + tap % ROW / CHANNELS;
  if (tap >= params.taps || y >= params.height || x >= params.width) { return 0.0; }
  return input[((n * params.height + y) * params.width + x) * CHANNELS + tap % CHANNELS];
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.pooledHeight * params.pooledWidth * 4u * params.tapQuads) { return; }
  let tap = index % params.tapQuads * 4u;
  let place = index / params.tapQuads % 4u;
  let window = index / (params.tapQuads * 4u);
  let left = (window % params.pooledWidth * 2u + place % 2u) * params.strideWidth - params.padLeft;
  let top = (window / params.pooledWidth % params.pooledHeight * 2u + place / 2u) * params.strideHeight - params.padTop;
  let n = window / (params.pooledWidth * params.pooledHeight);
  columns[index] = vec4<f32>(seen(n, top, left, tap), seen(n, top, left, tap + 1u), seen(n, top, left, tap + 2u), seen(n, top, left, tap + 3u));
}
