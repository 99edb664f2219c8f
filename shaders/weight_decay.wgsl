// weight_decay: each number of a parameter loses a share of itself, in place, before the optimizer's step.
// parameter: `size` elements; loss [1]
//   parameter -= parameter * decay * learningRate
// Source: keras/optimizers/base_optimizer.py. A step whose loss is not finite changes nothing. One invocation an element.

struct Params { size: u32, decay: f32, learningRate: f32 }

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// By its bits: WGSL lets a compiler assume that no float is infinite or NaN.
fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size || !is_finite(loss[0])) { return; }
  parameter[index] = parameter[index] - parameter[index] * params.decay * params.learningRate;
}
