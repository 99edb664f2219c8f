// depthwise_conv2d forward: each channel by filters of its own, plus bias.
// input [batch, height, width, channels], kernel [kernelHeight, kernelWidth, channels, multiplier], bias [channels * multiplier]
//   -> output [batch, outputHeight, outputWidth, channels * multiplier]
// output[n, y, x, u] = bias[u] + sum over i, j of input[n, y * strideHeight + i * dilationHeight - padTop, x * strideWidth + j * dilationWidth - padLeft, u / multiplier] * kernel[i, j, u]
//   for the units u = channel * multiplier + q, which are also how the kernel's last two axes lie in it.
// One invocation an output element, units fastest.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32, multiplier: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  dilationHeight: u32, dilationWidth: u32, outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let units = params.channels * params.multiplier;
  if (index >= params.batch * params.outputHeight * params.outputWidth * units) { return; }
  let u = index % units;
  let x = index / units % params.outputWidth;
  let y = index / (units * params.outputWidth) % params.outputHeight;
  let n = index / (units * params.outputWidth * params.outputHeight);

  var sum = bias[u];
  for (var i = 0u; i < params.kernelHeight; i++) {
    // Rows above the input wrap to huge numbers, so one comparison checks both ends.
    let row = y * params.strideHeight + i * params.dilationHeight - params.padTop;
    if (row >= params.height) { continue; }
    for (var j = 0u; j < params.kernelWidth; j++) {
      let column = x * params.strideWidth + j * params.dilationWidth - params.padLeft;
      if (column >= params.width) { continue; }
      let pixel = ((n * params.height + row) * params.width + column) * params.channels + u / params.multiplier;
      sum = fma(input[pixel], kernel[(i * params.kernelWidth + j) * units + u], sum);
    }
  }
  output[index] = sum;
}
