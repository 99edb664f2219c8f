// multiply_add: nothing but arithmetic, to see how much of it a device can do.
// input [size] -> output [size]
// output[i] = the sum of CHAINS numbers, of which number c begins as input[i] + c and is `rounds` times replaced by itself * factor + addend.
// The chains don't wait for one another, and there are few enough of them to stay in registers. One invocation an element.

struct Params { size: u32, rounds: u32, factor: f32, addend: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
// CHAINS is 12: three vec4.
const UNROLL: u32 = 8u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let factor = vec4<f32>(params.factor);
  let addend = vec4<f32>(params.addend);
  var a = vec4<f32>(input[index]) + vec4<f32>(0.0, 1.0, 2.0, 3.0);
  var b = a + vec4<f32>(4.0);
  var c = a + vec4<f32>(8.0);
  for (var round = 0u; round < params.rounds; round += UNROLL) {
    for (var unrolled = 0u; unrolled < UNROLL; unrolled++) {
      a = fma(a, factor, addend);
      b = fma(b, factor, addend);
      c = fma(c, factor, addend);
    }
  }
  output[index] = dot(a + b + c, vec4<f32>(1.0));
}
