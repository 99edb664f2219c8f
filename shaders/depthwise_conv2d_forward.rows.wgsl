// depthwise_conv2d forward by runs of a row: see depthwise_conv2d_forward.naive.wgsl for the formula.
// input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, multiplier], bias [channels * multiplier]
//   -> output [batch, outputHeight, outputWidth, channels * multiplier]
// One invocation a unit of RUN outputs beside each other: their windows overlap, so that it loads each number of a row once for all of them, and each weight
// once.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32, multiplier: u32,
  kernelHeight: u32, strideHeight: u32, padTop: u32, padLeft: u32, dilationHeight: u32, outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const KERNEL_WIDTH: u32 = 3u;
const STRIDE_WIDTH: u32 = 1u;
const DILATION_WIDTH: u32 = 1u;

const RUN: u32 = 4u;
// Numbers of a row that a run sees.
const SEEN: u32 = (RUN - 1u) * STRIDE_WIDTH + (KERNEL_WIDTH - 1u) * DILATION_WIDTH + 1u;
const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let units = params.channels * params.multiplier;
  let runs = (params.outputWidth + RUN - 1u) / RUN;
  if (index >= params.batch * params.outputHeight * runs * units) { return; }
  let u = index % units;
  let x = index / units % runs * RUN;
  let y = index / (units * runs) % params.outputHeight;
  let n = index / (units * runs * params.outputHeight);
  let left = x * STRIDE_WIDTH - params.padLeft;

  var sums = array<f32, RUN>();
  for (var r = 0u; r < RUN; r++) { sums[r] = bias[u]; }
  for (var i = 0u; i < params.kernelHeight; i++) {
    // Rows above the input wrap to huge numbers, so one comparison checks both ends.
    let row = y * params.strideHeight + i * params.dilationHeight - params.padTop;
    if (row >= params.height) { continue; }
    let begin = (n * params.height + row) * params.width;
    var seen = array<f32, SEEN>();
    for (var k = 0u; k < SEEN; k++) {
      let column = left + k;
      if (column < params.width) { seen[k] = input[(begin + column) * params.channels + u / params.multiplier]; }
    }
    for (var j = 0u; j < KERNEL_WIDTH; j++) {
      let weight = kernel[(i * KERNEL_WIDTH + j) * units + u];
      for (var r = 0u; r < RUN; r++) { sums[r] = fma(seen[r * STRIDE_WIDTH + j * DILATION_WIDTH], weight, sums[r]); }
    }
  }
  for (var r = 0u; r < RUN; r++) {
    if (x + r < params.outputWidth) { output[((n * params.outputHeight + y) * params.outputWidth + x + r) * units + u] = sums[r]; }
  }
}
