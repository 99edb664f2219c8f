// depthwise_conv2d backward, kernel: each tap's inputs times the gradients of the outputs they went to.
// input [batch, height, width, channels], dOutput [batch, outputHeight, outputWidth, channels * multiplier]
//   -> dKernel [kernelHeight, kernelWidth, channels, multiplier]
// Forward was: output[n, y, x, u] += input[n, y * strideHeight + i * dilationHeight - padTop, x * strideWidth + j * dilationWidth - padLeft, u / multiplier] * kernel[i, j, u], so
// dKernel[i, j, u] = sum over n, y, x of input[n, y * strideHeight + i * dilationHeight - padTop, x * strideWidth + j * dilationWidth - padLeft, u / multiplier] * dOutput[n, y, x, u]
// One invocation a weight, units fastest. Row sums are added up apart: one long float32 sum over a large image would lose digits.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32, multiplier: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  dilationHeight: u32, dilationWidth: u32, outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dKernel: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let units = params.channels * params.multiplier;
  if (index >= params.kernelHeight * params.kernelWidth * units) { return; }
  let u = index % units;
  let j = index / units % params.kernelWidth;
  let i = index / (units * params.kernelWidth);

  var sum = 0.0;
  for (var n = 0u; n < params.batch; n++) {
    for (var y = 0u; y < params.outputHeight; y++) {
      let row = y * params.strideHeight + i * params.dilationHeight - params.padTop;
      if (row >= params.height) { continue; }
      var rowSum = 0.0;
      for (var x = 0u; x < params.outputWidth; x++) {
        let column = x * params.strideWidth + j * params.dilationWidth - params.padLeft;
        if (column >= params.width) { continue; }
        let pixel = ((n * params.height + row) * params.width + column) * params.channels + u / params.multiplier;
        rowSum = fma(input[pixel], dOutput[((n * params.outputHeight + y) * params.outputWidth + x) * units + u], rowSum);
      }
      sum += rowSum;
    }
  }
  dKernel[index] = sum;
}
