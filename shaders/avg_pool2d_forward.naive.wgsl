// avg_pool2d forward: the mean of what each window covers of the input; places in the padding don't count.
// input [batch, height, width, channels] -> output [batch, outputHeight, outputWidth, channels]
// output[n, y, x, c] = sum over i, j of input[n, y * strideHeight + i - padTop, x * strideWidth + j - padLeft, c] / how many of those there are
// One invocation an output element, channels fastest. Row sums are added up apart: one long float32 sum over a large image would lose digits.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.outputHeight * params.outputWidth * params.channels) { return; }
  let c = index % params.channels;
  let x = index / params.channels % params.outputWidth;
  let y = index / (params.channels * params.outputWidth) % params.outputHeight;
  let n = index / (params.channels * params.outputWidth * params.outputHeight);

  var sum = 0.0;
  var count = 0u;
  for (var i = 0u; i < params.kernelHeight; i++) {
    // Rows above the input wrap to huge numbers, so one comparison checks both ends.
    let row = y * params.strideHeight + i - params.padTop;
    if (row >= params.height) { continue; }
    var rowSum = 0.0;
    for (var j = 0u; j < params.kernelWidth; j++) {
      let column = x * params.strideWidth + j - params.padLeft;
      if (column >= params.width) { continue; }
      rowSum += input[((n * params.height + row) * params.width + column) * params.channels + c];
      count++;
    }
    sum += rowSum;
  }
  output[index] = sum / f32(count);
}
