// gelu backward: dInput = dOutput * (P(input) + input * exp(-input^2 / 2) / sqrt(2 pi)); any shape.
// Forward was: output = input * P(input), where P is the share of the standard normal distribution below input. One invocation an element.

struct Params { size: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

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

// exp(-x^2 / 2): x in two parts, the square of the first of which is exact.
fn bell(x: f32) -> f32 {
  let high = bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
  return exp_of(-0.5 * high * high) * exp_of(-0.5 * (x - high) * (x + high));
}

// The share of the standard normal distribution beyond x >= 0: erfc(x / sqrt(2)) / 2.
// Source of the polynomials of erf and erfc: Cephes Math Library, ndtrf.c, https://www.netlib.org/cephes/
fn tail_beyond(x: f32) -> f32 {
  let t = x * 0.70710678;
  let z = t * t;
  if (t < 1.0) {
    let erf = t * ((((((7.853861353153693e-5 * z - 8.010193625184903e-4) * z + 5.188327685732524e-3) * z - 2.685381193529856e-2) * z + 1.128358514861418e-1) * z
      - 3.761262582423300e-1) * z + 1.128379165726710);
    return 0.5 - 0.5 * erf;
  }
  let q = 1.0 / t;
  let y = q * q;
  if (t < 2.0) {
    let p = (((((((2.326819970068386e-2 * y - 1.387039388740657e-1) * y + 3.687424674597105e-1) * y - 5.824733027278666e-1) * y + 6.210004621745983e-1) * y
      - 4.944515323274145e-1) * y + 3.404879937665872e-1) * y - 2.741127028184656e-1) * y + 5.638259427386472e-1;
    return 0.5 * bell(x) * q * p;
  }
  let p = ((((((-1.047766399936249e+1 * y + 1.297719955372516e+1) * y - 7.495518717768503) * y + 2.921019019210786) * y - 1.015265279202700) * y
    + 4.218463358204948e-1) * y - 2.820767439740514e-1) * y + 5.641895067754075e-1;
  return 0.5 * bell(x) * q * p;
}

// The share below x.
fn share_below(x: f32) -> f32 {
  let tail = tail_beyond(abs(x));
  return select(1.0 - tail, tail, x < 0.0);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let x = input[index];
  dInput[index] = dOutput[index] * (share_below(x) + x * bell(x) * 0.39894228);
}
