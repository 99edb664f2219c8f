// global_max_pool2d backward: a channel's gradient goes in equal shares to all that are as large as its largest.
// dOutput, output and count [batch, channels], input [batch, height, width, channels] -> dInput [batch, height, width, channels]
// Forward was: output[n, c] = max over y, x of input[n, y, x, c], and count[n, c] how many are that large.
// dInput[n, y, x, c] = dOutput[n, c] / count[n, c] where input[n, y, x, c] = output[n, c], else 0
// One invocation an input element.

struct Params { batch: u32, height: u32, width: u32, channels: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> output: array<f32>;
@group(0) @binding(3) var<storage, read> count: array<u32>;
@group(0) @binding(4) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let image = params.height * params.width * params.channels;
  if (index >= params.batch * image) { return; }
  let from_ = index / image * params.channels + index % params.channels;
  dInput[index] = select(0.0, dOutput[from_] / f32(count[from_]), input[index] == output[from_]);
}
