// avg_pool2d forward for large windows, as global pooling has: see avg_pool2d_forward.naive.wgsl for the formula.
// input [batch, height, width, channels] -> output [batch, outputHeight, outputWidth, channels]
// One workgroup an output element: its invocations sum strided places of the window, then the partial sums are added pairwise.

struct Params {
  batch: u32, height: u32, width: u32, channels: u32,
  kernelHeight: u32, kernelWidth: u32, strideHeight: u32, strideWidth: u32, padTop: u32, padLeft: u32,
  outputHeight: u32, outputWidth: u32,
}

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let index = group.y * groups.x + group.x;
  let isInside = index < params.batch * params.outputHeight * params.outputWidth * params.channels;
  let c = index % params.channels;
  let x = index / params.channels % params.outputWidth;
  let y = index / (params.channels * params.outputWidth) % params.outputHeight;
  let n = index / (params.channels * params.outputWidth * params.outputHeight);
  // The part of the window that lies on the input.
  let top = max(y * params.strideHeight, params.padTop) - params.padTop;
  let left = max(x * params.strideWidth, params.padLeft) - params.padLeft;
  let bottom = min(y * params.strideHeight + params.kernelHeight - params.padTop, params.height);
  let right = min(x * params.strideWidth + params.kernelWidth - params.padLeft, params.width);
  let wide = right - left;
  let count = (bottom - top) * wide;

  var sum = 0.0;
  if (isInside) {
    for (var place = lane; place < count; place += WORKGROUP_SIZE) {
      sum += input[((n * params.height + top + place / wide) * params.width + left + place % wide) * params.channels + c];
    }
  }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u && isInside) { output[index] = partial[0] / f32(count); }
}
