// depthwise_conv2d backward, kernel, in parts: see depthwise_conv2d_backward_kernel.naive.wgsl for the formula.
// input [batch, height, width, channels], dOutput [batch, outputHeight, outputWidth, channels * multiplier]
//   -> parts [parts, kernelHeight, kernelWidth, channels, multiplier], which sum_parts.wgsl adds up to dKernel
// Weights are few and their sums long: the rows of all outputs are cut into parts. One invocation a weight of a part, units fastest.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32, multiplier: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  dilationHeight: u32, dilationWidth: u32, outputHeight: u32, outputWidth: u32, parts: u32, rowsPerPart: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let units = params.channels * params.multiplier;
  let weights = params.kernelHeight * params.kernelWidth * units;
  if (index >= params.parts * weights) { return; }
  let u = index % units;
  let j = index / units % params.kernelWidth;
  let i = index / (units * params.kernelWidth) % params.kernelHeight;
  let begin = index / weights * params.rowsPerPart;

  var sum = 0.0;
  for (var at = begin; at < min(begin + params.rowsPerPart, params.batch * params.outputHeight); at++) {
    let row = at % params.outputHeight * params.strideHeight + i * params.dilationHeight - params.padTop;
    if (row >= params.height) { continue; }
    let n = at / params.outputHeight;
    var rowSum = 0.0;
    for (var x = 0u; x < params.outputWidth; x++) {
      let column = x * params.strideWidth + j * params.dilationWidth - params.padLeft;
      if (column >= params.width) { continue; }
      let pixel = ((n * params.height + row) * params.width + column) * params.channels + u / params.multiplier;
      rowSum = fma(input[pixel], dOutput[(at * params.outputWidth + x) * units + u], rowSum);
    }
    sum += rowSum;
  }
  parts[index] = sum;
}
