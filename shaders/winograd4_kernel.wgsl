// winograd4_kernel: a 3x3 kernel in the 36 positions of Winograd's F(4x4, 3x3): G g G^T for every pair of a reduced and a kept channel.
// kernel [3, 3, channels, filters] -> transformed [36, reduced, kept]
// The forward pass reduces over channels and keeps filters; the backward pass to the input reduces over filters, keeps channels and
// turns each window by 180 degrees (`turned`).
// The points are 0, 3/4, -3/4, 3/2, -3/2 and infinity: all factors are exact in float32, and the error is a sixth of that with 1 and 2.
// Source: the nested transforms of Lavin and Gray, https://arxiv.org/abs/1509.09308; the matrices by Cook and Toom, see bench/cook_toom.ts
// One invocation a pair, kept channels fastest.

struct Params { reduced: u32, kept: u32, reducedStride: u32, keptStride: u32, turned: u32 }

@group(0) @binding(0) var<storage, read> kernel: array<f32>;
@group(0) @binding(1) var<storage, read_write> transformed: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// G times a column of three.
fn spread_out(g0: f32, g1: f32, g2: f32) -> array<f32, 6> {
  let even = fma(0.5625, g2, g0) / -1.8984375;
  let odd = 0.75 * g1 / -1.8984375;
  let evenWide = fma(2.25, g2, g0) / 7.59375;
  let oddWide = 1.5 * g1 / 7.59375;
  return array<f32, 6>(g0 / 1.265625, even + odd, even - odd, evenWide + oddWide, evenWide - oddWide, g2);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let pairs = params.reduced * params.kept;
  if (index >= pairs) { return; }
  let first = index / params.kept * params.reducedStride + index % params.kept * params.keptStride;
  var taps = array<f32, 9>();
  for (var tap = 0u; tap < 9u; tap++) { taps[tap] = kernel[first + select(tap, 8u - tap, params.turned == 1u) * pairs]; }
  var columns = array<array<f32, 6>, 3>();
  for (var j = 0u; j < 3u; j++) { columns[j] = spread_out(taps[j], taps[3u + j], taps[6u + j]); }
  for (var i = 0u; i < 6u; i++) {
    let row = spread_out(columns[0][i], columns[1][i], columns[2][i]);
    for (var j = 0u; j < 6u; j++) { transformed[(i * 6u + j) * pairs + index] = row[j]; }
  }
}
