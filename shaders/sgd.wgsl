// sgd: one step of gradient descent with momentum, in place.
// gradient, parameter, velocity: `size` elements each; loss [1]; faults: see record.wgsl
//   velocity = momentum * velocity - learningRate * gradient
//   parameter += velocity, or where `nesterov` is 1: += momentum * velocity - learningRate * gradient
// Source: keras/optimizers/sgd.py. A step whose loss is not finite changes nothing; one that leaves a number that is not finite notes
// its slot + 1 at the parameter's `place` of the faults. One invocation an element.

struct Params { size: u32, momentum: f32, nesterov: u32, learningRate: f32, place: u32, slot: u32 }

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(3) var<storage, read_write> velocity: array<f32>;
@group(0) @binding(4) var<storage, read_write> faults: array<atomic<u32>>;
@group(0) @binding(5) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// By its bits: WGSL lets a compiler assume that no float is infinite or NaN.
fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size || !is_finite(loss[0])) { return; }
  let v = params.momentum * velocity[index] - params.learningRate * gradient[index];
  velocity[index] = v;
  let again = params.momentum * v - params.learningRate * gradient[index];
  let updated = parameter[index] + select(v, again, params.nesterov == 1u);
  parameter[index] = updated;
  if (!is_finite(updated) || !is_finite(v)) { atomicStore(&faults[params.place], params.slot + 1u); }
}
