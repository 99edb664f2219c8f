// conv2d, bias, relu and 2x2 max pooling in one, from the image's columns: for drivers that keep in registers what has a name and nothing that
// has an index.
// columns [windows, 4, taps] (see conv2d_pool_columns.wgsl), kernel [taps, filters], bias [filters]
//   -> output [windows, filters], codes [windows, ceil(filters / 8)] (see pool_encode.wgsl)
// Filters come in fours. One invocation a pooling window and a word of codes: the four places' sums of two fours of filters. Four invocations
// side by side want the same weights of four taps: each loads those of one, and passes them on.

enable subgroups;

struct Params { windows: u32, taps: u32, tapQuads: u32, quads: u32 }

@group(0) @binding(0) var<storage, read> columns: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> kernel: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 32u;
const DEAD: u32 = 4u;

struct Best { value: vec4<f32>, code: vec4<u32> }

fn better(best: Best, value: vec4<f32>, place: u32) -> Best {
  let wins = value > best.value;
  return Best(select(best.value, value, wins), select(best.code, vec4<u32>(place), wins));
}

// The largest of four places, with its bias; its code is DEAD where relu makes it 0.
fn pooled(a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, bias: vec4<f32>) -> Best {
  let best = better(better(better(Best(a, vec4<u32>()), b, 1u), c, 2u), d, 3u);
  let value = best.value + bias;
  // By select(), as max() may give 0 for a NaN.
  return Best(select(value, vec4<f32>(), value <= vec4<f32>()), select(vec4<u32>(DEAD), best.code, value > vec4<f32>()));
}

// Codes of four filters in half a word, the first in the lowest bits.
fn pack_four(code: vec4<u32>) -> u32 {
  return code.x | (code.y << 4u) | (code.z << 8u) | (code.w << 12u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let window = group.y * WORKGROUP_SIZE + local;
  let first = group.x * 2u;
  // A last word of four filters computes them twice.
  let second = min(first + 1u, params.quads - 1u);
  var column = window * 4u * params.tapQuads;
  var a0 = vec4<f32>();
  var b0 = vec4<f32>();
  var c0 = vec4<f32>();
  var d0 = vec4<f32>();
  var a1 = vec4<f32>();
  var b1 = vec4<f32>();
  var c1 = vec4<f32>();
  var d1 = vec4<f32>();
  for (var k = 0u; k < params.tapQuads; k++) {
    let a = columns[column];
    let b = columns[column + params.tapQuads];
    let c = columns[column + 2u * params.tapQuads];
    let d = columns[column + 3u * params.tapQuads];
    // Columns beyond the taps are zero; so are their weights, lest infinity times zero make what is no number.
    let tap = 4u * k + lane % 4u;
    let row = min(tap, params.taps - 1u) * params.quads;
    let own0 = select(vec4<f32>(), kernel[row + first], tap < params.taps);
    let own1 = select(vec4<f32>(), kernel[row + second], tap < params.taps);
    let x0 = subgroupBroadcast(own0, 0u);
    let y0 = subgroupBroadcast(own0, 1u);
    let z0 = subgroupBroadcast(own0, 2u);
    let w0 = subgroupBroadcast(own0, 3u);
    a0 = fma(vec4<f32>(a.w), w0, fma(vec4<f32>(a.z), z0, fma(vec4<f32>(a.y), y0, fma(vec4<f32>(a.x), x0, a0))));
    b0 = fma(vec4<f32>(b.w), w0, fma(vec4<f32>(b.z), z0, fma(vec4<f32>(b.y), y0, fma(vec4<f32>(b.x), x0, b0))));
    c0 = fma(vec4<f32>(c.w), w0, fma(vec4<f32>(c.z), z0, fma(vec4<f32>(c.y), y0, fma(vec4<f32>(c.x), x0, c0))));
    d0 = fma(vec4<f32>(d.w), w0, fma(vec4<f32>(d.z), z0, fma(vec4<f32>(d.y), y0, fma(vec4<f32>(d.x), x0, d0))));
    let x1 = subgroupBroadcast(own1, 0u);
    let y1 = subgroupBroadcast(own1, 1u);
    let z1 = subgroupBroadcast(own1, 2u);
    let w1 = subgroupBroadcast(own1, 3u);
    a1 = fma(vec4<f32>(a.w), w1, fma(vec4<f32>(a.z), z1, fma(vec4<f32>(a.y), y1, fma(vec4<f32>(a.x), x1, a1))));
    b1 = fma(vec4<f32>(b.w), w1, fma(vec4<f32>(b.z), z1, fma(vec4<f32>(b.y), y1, fma(vec4<f32>(b.x), x1, b1))));
    c1 = fma(vec4<f32>(c.w), w1, fma(vec4<f32>(c.z), z1, fma(vec4<f32>(c.y), y1, fma(vec4<f32>(c.x), x1, c1))));
    d1 = fma(vec4<f32>(d.w), w1, fma(vec4<f32>(d.z), z1, fma(vec4<f32>(d.y), y1, fma(vec4<f32>(d.x), x1, d1))));
    column++;
  }
  if (window >= params.windows) { return; }
  let best0 = pooled(a0, b0, c0, d0, bias[first]);
  output[window * params.quads + first] = best0.value;
  var word = pack_four(best0.code) | (pack_four(vec4<u32>(DEAD)) << 16u);
  if (first + 1u < params.quads) {
    let best1 = pooled(a1, b1, c1, d1, bias[second]);
    output[window * params.quads + second] = best1.value;
    word = pack_four(best0.code) | (pack_four(best1.code) << 16u);
  }
  codes[window * ((params.quads + 1u) / 2u) + group.x] = word;
}
