// winograd4_kernel_gradient, one filter an invocation: the gradient of a 3x3 kernel from the 36 positions of Winograd's F(4x4, 3x3):
// G^T s G, s the sum of its parts.
// parts [parts, 36, channels, filters] -> dKernel [3, 3, channels, filters]
// And the gradient of the bias, which is the sum of the map's: biasParts [parts, 16, filters] -> dBias [filters]
// The transpose of winograd4_kernel.wgsl. One invocation one filter of a channel, filters fastest; then one a filter.
// A tile g of the map's gradient came here as A g A^T. Rows 0, 1, 3 and 5 of A, times ONES, are 1 1 1 1 times ONES_DIVISOR: of those rows and columns of the
// positions, numbered 0 to 3 in biasParts, the same sum both ways is that of g. The factors are exact, and amplify no rounding: without its signs, a sum would
// be at most 1.25 times as large each way.
// For GPUs: few registers leave room for many subgroups, which hide the memory's latency.

struct Params { parts: u32, pairs: u32, filters: u32 }

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read> biasParts: array<f32>;
@group(0) @binding(2) var<storage, read_write> dKernel: array<f32>;
@group(0) @binding(3) var<storage, read_write> dBias: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const ONES = vec4<f32>(-0.125, 1.0, 0.25, -0.140625);
const ONES_DIVISOR: f32 = 1.125;

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

fn bias_gradient(f: u32) -> f32 {
  var sums = vec4<f32>();
  for (var part = 0u; part < params.parts; part++) {
    for (var i = 0u; i < 4u; i++) {
      let first = (part * 16u + 4u * i) * params.filters + f;
      let row = vec4<f32>(
        biasParts[first], biasParts[first + params.filters], biasParts[first + 2u * params.filters], biasParts[first + 3u * params.filters],
      );
      sums = fma(vec4<f32>(ONES[i]), row, sums);
    }
  }
  return dot(sums, ONES) / (ONES_DIVISOR * ONES_DIVISOR);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.pairs) {
    let f = index - params.pairs;
    if (f < params.filters) { dBias[f] = bias_gradient(f); }
    return;
  }
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
