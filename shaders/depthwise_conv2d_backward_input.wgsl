// depthwise_conv2d backward, input: the gradient of every window that covers a number, weighted by its tap.
// dOutput [batch, outputHeight, outputWidth, channels * multiplier], kernel [kernelHeight, kernelWidth, channels, multiplier]
//   -> dInput [batch, height, width, channels]
// Forward was: output[n, y, x, u] += input[n, y * strideHeight + i * dilationHeight - padTop, x * strideWidth + j * dilationWidth - padLeft, u / multiplier] * kernel[i, j, u], so
// dInput[n, row, column, c] = sum over i, j and the units u of channel c of dOutput[n, y, x, u] * kernel[i, j, u]
//   for the y, x with y * strideHeight = row + padTop - i * dilationHeight and x * strideWidth = column + padLeft - j * dilationWidth.
// One invocation an input element, channels fastest.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32, multiplier: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  dilationHeight: u32, dilationWidth: u32, outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.height * params.width * params.channels) { return; }
  let units = params.channels * params.multiplier;
  let first = index % params.channels * params.multiplier;
  let column = index / params.channels % params.width;
  let row = index / (params.channels * params.width) % params.height;
  let n = index / (params.channels * params.width * params.height);

  var sum = 0.0;
  for (var i = 0u; i < params.kernelHeight; i++) {
    // Windows before the first wrap to huge numbers and fall to the same comparison as those after the last.
    let top = row + params.padTop - i * params.dilationHeight;
    let y = top / params.strideHeight;
    if (top % params.strideHeight != 0u || y >= params.outputHeight) { continue; }
    for (var j = 0u; j < params.kernelWidth; j++) {
      let left = column + params.padLeft - j * params.dilationWidth;
      let x = left / params.strideWidth;
      if (left % params.strideWidth != 0u || x >= params.outputWidth) { continue; }
      let position = ((n * params.outputHeight + y) * params.outputWidth + x) * units;
      let tap = (i * params.kernelWidth + j) * units;
      for (var u = first; u < first + params.multiplier; u++) { sum = fma(dOutput[position + u], kernel[tap + u], sum); }
    }
  }
  dInput[index] = sum;
}
