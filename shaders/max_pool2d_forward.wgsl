// max_pool2d forward: the largest value of each window, and which one it was.
// input [batch, height, width, channels] -> output and argmax [batch, outputHeight, outputWidth, channels]
// argmax is the winner's place in its window, i * kernelWidth + j; of equal values the first in row-major order wins, as TensorFlow does.
// Places in the padding never win. One invocation an output element, channels fastest.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<storage, read_write> argmax: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.outputHeight * params.outputWidth * params.channels) { return; }
  let c = index % params.channels;
  let x = index / params.channels % params.outputWidth;
  let y = index / (params.channels * params.outputWidth) % params.outputHeight;
  let n = index / (params.channels * params.outputWidth * params.outputHeight);

  var best = 0.0;
  var winner = 0u;
  var found = false;
  for (var i = 0u; i < params.kernelHeight; i++) {
    let row = y * params.strideHeight + i - params.padTop;
    if (row >= params.height) { continue; }
    for (var j = 0u; j < params.kernelWidth; j++) {
      let column = x * params.strideWidth + j - params.padLeft;
      if (column >= params.width) { continue; }
      let value = input[((n * params.height + row) * params.width + column) * params.channels + c];
      if (!found || value > best) {
        best = value;
        winner = i * params.kernelWidth + j;
        found = true;
      }
    }
  }
  output[index] = best;
  argmax[index] = winner;
}
