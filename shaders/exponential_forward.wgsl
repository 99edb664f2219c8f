// exponential forward: output = exp(input), element by element; any shape.
// One invocation an element.

struct Params { size: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// exp(x) to a few units in the last place for any x: exp(x) = 2^n * exp(r), with ln 2 in two parts, so that r keeps its digits. WGSL's own exp() may
// lose 2 |x| units. Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980; the parts are those of Cephes, expf.c
fn exp_of(x: f32) -> f32 {
  let n = round(clamp(x, -104.0, 89.0) * 1.44269504);
  let r = (clamp(x, -104.0, 89.0) - n * 0.693359375) + n * 2.12194440e-4;
  // 2^n in two halves: neither leaves the range of a float32.
  let half = i32(n) / 2;
  return exp(r) * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(i32(n) - half + 127) << 23u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  output[index] = exp_of(input[index]);
}
