// scaled elu forward: output = scale * (input where input > 0, else alpha * (exp(input) - 1)), element by element; any shape.
// One invocation an element.

struct Params { size: u32, alpha: f32, scale: f32, slopeAtZero: f32 }

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

// exp(x) - 1 for x <= 0; near 0, where the difference would keep few digits, by Taylor's series.
fn exp_minus_1(x: f32) -> f32 {
  let series = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666668 + x * (0.008333333 + x * (0.0013888889 + x * (1.9841270e-4 + x * 2.4801588e-5)))))));
  return select(exp_of(x) - 1.0, series, x > -0.5);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let x = input[index];
  output[index] = params.scale * select(params.alpha * exp_minus_1(min(x, 0.0)), x, x > 0.0);
}
