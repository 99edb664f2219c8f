// zero_pad2d backward: the gradient of what the image became, without what lies around it.
// dOutput [batch, outputHeight, outputWidth, channels] -> dInput [batch, height, width, channels]
// Forward was: output[n, row + padTop, column + padLeft, c] = input[n, row, column, c].
// One invocation an input element, channels fastest.

struct Params { batch: u32, height: u32, width: u32, channels: u32, padTop: u32, padLeft: u32, outputHeight: u32, outputWidth: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.height * params.width * params.channels) { return; }
  let c = index % params.channels;
  let y = index / (params.channels * params.width) % params.height + params.padTop;
  let x = index / params.channels % params.width + params.padLeft;
  let n = index / (params.channels * params.width * params.height);
  dInput[index] = dOutput[((n * params.outputHeight + y) * params.outputWidth + x) * params.channels + c];
}
