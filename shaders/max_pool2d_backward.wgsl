// max_pool2d backward: a window's gradient goes to its winner.
// dOutput and argmax [batch, outputHeight, outputWidth, channels] -> dInput [batch, height, width, channels]
// Forward was: output[n, y, x, c] = input[n, y * strideHeight + i - padTop, x * strideWidth + j - padLeft, c] with argmax = i * kernelWidth + j.
// One invocation an input element: it adds up the windows that cover it and that it won.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> argmax: array<u32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.height * params.width * params.channels) { return; }
  let c = index % params.channels;
  let column = index / params.channels % params.width;
  let row = index / (params.channels * params.width) % params.height;
  let n = index / (params.channels * params.width * params.height);

  var sum = 0.0;
  for (var i = 0u; i < params.kernelHeight; i++) {
    let top = row + params.padTop - i;
    let y = top / params.strideHeight;
    if (top % params.strideHeight != 0u || y >= params.outputHeight) { continue; }
    for (var j = 0u; j < params.kernelWidth; j++) {
      let left = column + params.padLeft - j;
      let x = left / params.strideWidth;
      if (left % params.strideWidth != 0u || x >= params.outputWidth) { continue; }
      let position = ((n * params.outputHeight + y) * params.outputWidth + x) * params.channels + c;
      if (argmax[position] == i * params.kernelWidth + j) { sum += dOutput[position]; }
    }
  }
  dInput[index] = sum;
}
