// fold_norm: the kernel and bias of a layer with the normalization after it in them: kernel * s and (bias - mean) * s + beta, s = gamma / sqrt(variance + epsilon).
// kernel [size], channels fastest, the others [channels] -> foldedKernel [size], foldedBias [channels]
// One invocation an element of the kernel, then one a channel.

struct Params { size: u32, channels: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> kernel: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> gamma: array<f32>;
@group(0) @binding(5) var<storage, read> beta: array<f32>;
@group(0) @binding(6) var<storage, read_write> foldedKernel: array<f32>;
@group(0) @binding(7) var<storage, read_write> foldedBias: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

fn factor_of(c: u32) -> f32 {
  return gamma[c] / sqrt(variance[c] + params.epsilon);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index < params.size) { foldedKernel[index] = kernel[index] * factor_of(index % params.channels); }
  if (index < params.size || index >= params.size + params.channels) { return; }
  let c = index - params.size;
  foldedBias[c] = (bias[c] - mean[c]) * factor_of(c) + beta[c];
}
