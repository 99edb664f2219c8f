// zero_pad2d forward: rows and columns of zeros around an image.
// input [batch, height, width, channels] -> output [batch, outputHeight, outputWidth, channels]
// output[n, y, x, c] = input[n, y - padTop, x - padLeft, c] where that lies on the input, else 0
// One invocation an output element, channels fastest.

struct Params { batch: u32, height: u32, width: u32, channels: u32, padTop: u32, padLeft: u32, outputHeight: u32, outputWidth: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.outputHeight * params.outputWidth * params.channels) { return; }
  let c = index % params.channels;
  // Rows above the input wrap to huge numbers, so one comparison checks both ends.
  let row = index / (params.channels * params.outputWidth) % params.outputHeight - params.padTop;
  let column = index / params.channels % params.outputWidth - params.padLeft;
  let n = index / (params.channels * params.outputWidth * params.outputHeight);
  var value = 0.0;
  if (row < params.height && column < params.width) {
    value = input[((n * params.height + row) * params.width + column) * params.channels + c];
  }
  output[index] = value;
}
