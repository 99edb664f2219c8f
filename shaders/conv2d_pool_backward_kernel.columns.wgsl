// conv2d backward, kernel, from the gradient of the pooled map and the image's columns: of each window's four columns, every filter's gradient
// is multiplied with the one that won. For drivers that keep in registers what has a name and nothing that has an index.
// columns [windows, 4, taps] (see conv2d_pool_columns.wgsl), dOutput [windows, filters], codes [windows, ceil(filters / 8)] (see pool_encode.wgsl)
//   -> parts [parts, taps, filters], which sum_parts.wgsl adds up
// Filters come in fours. Each part sums over windowsPerPart windows. One invocation four taps by four filters; a workgroup is one subgroup, of any size:
// LANES. All its invocations want the same gradients and codes: each loads those of one window of four, and passes them on.

enable subgroups;

struct Params { windows: u32, windowsPerPart: u32, taps: u32, tapQuads: u32, quads: u32 }

@group(0) @binding(0) var<storage, read> columns: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> dOutput: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(4) var<uniform> params: Params;

const LANES: u32 = 4u;
const DEAD: u32 = 4u;

// Adds a filter's gradient times the column that it goes back to, the code's; a dead one goes nowhere.
fn plus(sum: vec4<f32>, gradient: f32, code: u32, column: u32) -> vec4<f32> {
  let place = code & 15u;
  return fma(vec4<f32>(select(0.0, gradient, place < DEAD)), columns[column + place % DEAD * params.tapQuads], sum);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let tapQuad = group.x * LANES + lane;
  let quad = group.y;
  let words = (params.quads + 1u) / 2u;
  let size = 4u * params.tapQuads;
  let end = min((group.z + 1u) * params.windowsPerPart, params.windows);
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var window = group.z * params.windowsPerPart; window < end; window += 4u) {
    // Windows beyond the part's last are dead.
    let own = window + lane % 4u;
    let ownCode = select(0x4444u, codes[own * words + quad / 2u] >> (quad % 2u * 16u), own < end);
    let ownGradient = dOutput[own * params.quads + quad];
    let column = window * size + tapQuad;
    let code0 = subgroupBroadcast(ownCode, 0u);
    let code1 = subgroupBroadcast(ownCode, 1u);
    let code2 = subgroupBroadcast(ownCode, 2u);
    let code3 = subgroupBroadcast(ownCode, 3u);
    let g0 = subgroupBroadcast(ownGradient, 0u);
    let g1 = subgroupBroadcast(ownGradient, 1u);
    let g2 = subgroupBroadcast(ownGradient, 2u);
    let g3 = subgroupBroadcast(ownGradient, 3u);
    sum0 = plus(plus(sum0, g0.x, code0, column), g1.x, code1, column + size);
    sum1 = plus(plus(sum1, g0.y, code0 >> 4u, column), g1.y, code1 >> 4u, column + size);
    sum2 = plus(plus(sum2, g0.z, code0 >> 8u, column), g1.z, code1 >> 8u, column + size);
    sum3 = plus(plus(sum3, g0.w, code0 >> 12u, column), g1.w, code1 >> 12u, column + size);
    sum0 = plus(plus(sum0, g2.x, code2, column + 2u * size), g3.x, code3, column + 3u * size);
    sum1 = plus(plus(sum1, g2.y, code2 >> 4u, column + 2u * size), g3.y, code3 >> 4u, column + 3u * size);
    sum2 = plus(plus(sum2, g2.z, code2 >> 8u, column + 2u * size), g3.z, code3 >> 8u, column + 3u * size);
    sum3 = plus(plus(sum3, g2.w, code2 >> 12u, column + 2u * size), g3.w, code3 >> 12u, column + 3u * size);
  }
  let tap = 4u * tapQuad;
  let part = (group.z * params.taps + tap) * params.quads + quad;
  if (tap < params.taps) { parts[part] = vec4<f32>(sum0.x, sum1.x, sum2.x, sum3.x); }
  if (tap + 1u < params.taps) { parts[part + params.quads] = vec4<f32>(sum0.y, sum1.y, sum2.y, sum3.y); }
  if (tap + 2u < params.taps) { parts[part + 2u * params.quads] = vec4<f32>(sum0.z, sum1.z, sum2.z, sum3.z); }
  if (tap + 3u < params.taps) { parts[part + 3u * params.quads] = vec4<f32>(sum0.w, sum1.w, sum2.w, sum3.w); }
}
