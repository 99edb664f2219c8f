// adam: one step of the Adam optimizer, in place.
// gradient, parameter, moment (mean of gradients), velocity (mean of squared gradients): `size` elements each; loss [1]; faults: see record.wgsl
//   moment   += (gradient   - moment)   * momentRate         (momentRate   = 1 - beta1)
//   velocity += (gradient^2 - velocity) * velocityRate       (velocityRate = 1 - beta2)
//   parameter -= stepSize * moment / (sqrt(velocity) + epsilon)
// stepSize = learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) comes from the host in float64: beta^t in float32 loses digits.
// epsilon stands outside the bias correction, as Keras has it ("epsilon hat" of the paper).
// Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", https://arxiv.org/abs/1412.6980; keras/optimizers/adam.py
// A step whose loss is not finite changes nothing, so that the last good parameters stay; one that leaves a number that is not finite notes its slot + 1
// at the parameter's `place` of the faults. One invocation an element.

struct Params { size: u32, momentRate: f32, velocityRate: f32, epsilon: f32, stepSize: f32, place: u32, slot: u32 }

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(3) var<storage, read_write> moment: array<f32>;
@group(0) @binding(4) var<storage, read_write> velocity: array<f32>;
@group(0) @binding(5) var<storage, read_write> faults: array<atomic<u32>>;
@group(0) @binding(6) var<uniform> params: Params;

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
  let m = fma(g - moment[index], params.momentRate, moment[index]);
  let v = fma(fma(g, g, -velocity[index]), params.velocityRate, velocity[index]);
  moment[index] = m;
  velocity[index] = v;
  let updated = parameter[index] - params.stepSize * m / (sqrt(v) + params.epsilon);
  parameter[index] = updated;
  if (!is_finite(updated) || !is_finite(m) || !is_finite(v)) { atomicStore(&faults[params.place], params.slot + 1u); }
}
