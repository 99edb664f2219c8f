// avg_pool2d backward: a window's gradient goes in equal shares to the places of the input that it covers.
// dOutput [batch, outputHeight, outputWidth, channels] -> dInput [batch, height, width, channels]
// Forward was: output[n, y, x, c] = sum over i, j of input[n, y * strideHeight + i - padTop, x * strideWidth + j - padLeft, c] / count(y, x), so
// dInput[n, row, column, c] = sum over the windows (y, x) that cover it of dOutput[n, y, x, c] / count(y, x)
// One invocation an input element, channels fastest.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.height * params.width * params.channels) { return; }
  let c = index % params.channels;
  // Counted from where the padding begins, as the windows are.
  let down = index / (params.channels * params.width) % params.height + params.padTop;
  let along = index / params.channels % params.width + params.padLeft;
  let n = index / (params.channels * params.width * params.height);
  // The first windows that reach it.
  var firstY = 0u;
  if (down >= params.kernelHeight) { firstY = (down - params.kernelHeight) / params.strideHeight + 1u; }
  var firstX = 0u;
  if (along >= params.kernelWidth) { firstX = (along - params.kernelWidth) / params.strideWidth + 1u; }

  var sum = 0.0;
  for (var y = firstY; y < params.outputHeight && y * params.strideHeight <= down; y++) {
    let top = y * params.strideHeight;
    let high = min(top + params.kernelHeight, params.height + params.padTop) - max(top, params.padTop);
    for (var x = firstX; x < params.outputWidth && x * params.strideWidth <= along; x++) {
      let left = x * params.strideWidth;
      let wide = min(left + params.kernelWidth, params.width + params.padLeft) - max(left, params.padLeft);
      sum += dOutput[((n * params.outputHeight + y) * params.outputWidth + x) * params.channels + c] / f32(high * wide);
    }
  }
  dInput[index] = sum;
}
