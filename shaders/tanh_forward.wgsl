// tanh forward: output = (exp(input) - exp(-input)) / (exp(input) + exp(-input)), element by element; any shape.
// One invocation an element. Not WGSL's tanh(), which overflows for large inputs on some drivers and may be off by 1e-5.

struct Params { size: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// Near 0, where 1 - exp() would keep few digits. Source: Cephes Math Library, tanhf.c, https://www.netlib.org/cephes/
fn near_zero(x: f32) -> f32 {
  let z = x * x;
  return x + x * z * ((((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z - 3.33332819422e-1);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let x = input[index];
  // exp of a negative number only: it can't overflow.
  let e = exp(-2.0 * abs(x));
  let size = (1.0 - e) / (1.0 + e);
  output[index] = select(select(size, -size, x < 0.0), near_zero(x), abs(x) < 0.625);
}
