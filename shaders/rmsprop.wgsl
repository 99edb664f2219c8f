// rmsprop: one step of RMSprop, in place.
// gradient, parameter, velocity, momentum, average: `size` elements each; loss [1]; faults: see record.wgsl
//   velocity = rho * velocity + rate * g²   with rate = 1 - rho
//   average = rho * average + rate * g   where `centered` is 1
//   momentum = momentumFactor * momentum + learningRate * g / sqrt(velocity + epsilon), less average² under the root where `centered`
//   parameter -= momentum
// Source: keras/optimizers/rmsprop.py, from Keras 2.11 on: epsilon is inside the root. A step whose loss is not finite changes nothing; one that leaves a
// number that is not finite notes its slot + 1 at the parameter's `place` of the faults. One invocation an element.

struct Params {
  size: u32, rho: f32, rate: f32, momentumFactor: f32, epsilon: f32, centered: u32, learningRate: f32, place: u32, slot: u32,
}

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(3) var<storage, read_write> velocity: array<f32>;
@group(0) @binding(4) var<storage, read_write> momentum: array<f32>;
@group(0) @binding(5) var<storage, read_write> average: array<f32>;
@group(0) @binding(6) var<storage, read_write> faults: array<atomic<u32>>;
@group(0) @binding(7) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// By its bits: WGSL lets a compiler assume that no float is infinite or NaN.
fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size || !is_finite(loss[0])) { return; }
  let g = gradient[index];
  let v = params.rho * velocity[index] + params.rate * (g * g);
  let mean = select(0.0, params.rho * average[index] + params.rate * g, params.centered == 1u);
  let moved = params.momentumFactor * momentum[index] + params.learningRate * g / sqrt(v - mean * mean + params.epsilon);
  velocity[index] = v;
  average[index] = mean;
  momentum[index] = moved;
  let updated = parameter[index] - moved;
  parameter[index] = updated;
  if (!is_finite(updated) || !is_finite(v) || !is_finite(moved)) { atomicStore(&faults[params.place], params.slot + 1u); }
}
