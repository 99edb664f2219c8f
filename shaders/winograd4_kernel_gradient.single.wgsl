// winograd4_kernel_gradient, one filter an invocation: the gradient of a 3x3 kernel from the 36 positions of Winograd's F(4x4, 3x3):
// G^T s G, s the sum of its parts.
// parts [parts, 36, channels, filters] -> dKernel [3, 3, channels, filters]
// The transpose of winograd4_kernel.wgsl. One invocation one filter of a channel, filters fastest.
// For GPUs: few registers leave room for many subgroups, which hide the memory's latency.

struct Params { parts: u32, pairs: u32 }

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> dKernel: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// G^T times a column of six.
fn gather_up(s: array<f32, 6>) -> array<f32, 3> {
  let even = (s[1] + s[2]) / -1.8984375;
  let odd = (s[1] - s[2]) / -1.8984375;
  let evenWide = (s[3] + s[4]) / 7.59375;
  let oddWide = (s[3] - s[4]) / 7.59375;
  return array<f32, 3>(
    s[0] / 1.265625 + even + evenWide, fma(0.75, odd, 1.5 * oddWide), fma(0.5625, even, fma(2.25, evenWide, s[5])),
  );
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.pairs) { return; }
  // All positions of a part at once: memory has 36 numbers to bring at a time.
  var sums = array<f32, 36>();
  for (var part = 0u; part < params.parts; part++) {
    for (var p = 0u; p < 36u; p++) { sums[p] += parts[(part * 36u + p) * params.pairs + index]; }
  }
  var columns = array<array<f32, 3>, 6>();
  for (var j = 0u; j < 6u; j++) {
    columns[j] = gather_up(array<f32, 6>(sums[j], sums[6u + j], sums[12u + j], sums[18u + j], sums[24u + j], sums[30u + j]));
  }
  for (var i = 0u; i < 3u; i++) {
    let row = gather_up(array<f32, 6>(columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]));
    for (var j = 0u; j < 3u; j++) { dKernel[(i * 3u + j) * params.pairs + index] = row[j]; }
  }
}
