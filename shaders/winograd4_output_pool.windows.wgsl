// winograd4_output_pool, one pooling window an invocation: see winograd4_output_pool.wgsl for the formula and what it takes for equal.
// products [36, batch * tilesHigh * tilesWide, filters], bias [filters]
//   -> output [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
// One invocation eight filters of a window, which is a quarter of a tile; filters fastest. For GPUs: the four that share a tile read the same products, out of
// a cache, and each keeps a quarter of the sums, so that few registers leave room for many subgroups.

struct Params { windows: u32, pooledHeight: u32, pooledWidth: u32, quads: u32, tiles: u32, tilesHigh: u32, tilesWide: u32 }

@group(0) @binding(0) var<storage, read> products: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const DEAD: u32 = 4u;
// What the transforms may round, as a share of a tile's largest number between them.
const ROUNDING: f32 = 0x1p-17;

// Two rows of a column of positions after A^T, and the largest of all four.
struct Column { upper: vec4<f32>, lower: vec4<f32>, largest: vec4<f32> }

// Column j of the positions of four filters; `first` is the place of position 0.
fn column(first: u32, j: u32, isLow: bool) -> Column {
  let stride = params.tiles * params.quads;
  let place = first + j * stride;
  let m1 = products[place + 6u * stride];
  let m2 = products[place + 12u * stride];
  let m3 = products[place + 18u * stride];
  let m4 = products[place + 24u * stride];
  let even = m1 + m2;
  let odd = m1 - m2;
  let evenWide = m3 + m4;
  let oddWide = m3 - m4;
  let row0 = products[place] + even + evenWide;
  let row1 = fma(vec4<f32>(0.75), odd, 1.5 * oddWide);
  let row2 = fma(vec4<f32>(0.5625), even, 2.25 * evenWide);
  let row3 = fma(vec4<f32>(0.421875), odd, fma(vec4<f32>(3.375), oddWide, products[place + 30u * stride]));
  let largest = max(max(abs(row0), abs(row1)), max(abs(row2), abs(row3)));
  return Column(select(row0, row2, isLow), select(row1, row3, isLow), largest);
}

// Column j of A^T in rows 0 and 1, or 2 and 3.
fn factors_of(j: u32, isRight: bool) -> vec2<f32> {
  if (j == 0u) { return vec2<f32>(select(1.0, 0.0, isRight), 0.0); }
  if (j == 5u) { return vec2<f32>(0.0, select(0.0, 1.0, isRight)); }
  let point = select(0.75, 1.5, j > 2u) * select(-1.0, 1.0, j % 2u == 1u);
  return vec2<f32>(1.0, point) * select(1.0, point * point, isRight);
}

// Codes of four filters in half a word, the first in the lowest bits.
fn pack_four(code: vec4<u32>) -> u32 {
  return code.x | (code.y << 4u) | (code.z << 8u) | (code.w << 12u);
}

// `value`, or `other` where that is the same but for rounding.
fn settled(value: vec4<f32>, other: vec4<f32>, rounding: vec4<f32>) -> vec4<f32> {
  return select(value, other, all(abs(value - other) < rounding));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let words = (params.quads + 1u) / 2u;
  if (index >= params.windows * words) { return; }
  let word = index % words;
  let window = index / words;
  let x = window % params.pooledWidth;
  let y = window / params.pooledWidth % params.pooledHeight;
  let n = window / (params.pooledWidth * params.pooledHeight);
  let tile = (n * params.tilesHigh + y / 2u) * params.tilesWide + x / 2u;
  let isLow = y % 2u == 1u;
  let isRight = x % 2u == 1u;
  var packed = 0u;
  for (var half = 0u; half < 2u; half++) {
    let quad = word * 2u + half;
    if (quad >= params.quads) {
      packed |= pack_four(vec4<u32>(DEAD)) << (16u * half);
      break;
    }
    let first = tile * params.quads + quad;
    // a b
    // c d
    var a = vec4<f32>();
    var b = vec4<f32>();
    var c = vec4<f32>();
    var d = vec4<f32>();
    var largest = vec4<f32>();
    for (var j = 0u; j < 6u; j++) {
      let rows = column(first, j, isLow);
      let factors = factors_of(j, isRight);
      a = fma(vec4<f32>(factors.x), rows.upper, a);
      b = fma(vec4<f32>(factors.y), rows.upper, b);
      c = fma(vec4<f32>(factors.x), rows.lower, c);
      d = fma(vec4<f32>(factors.y), rows.lower, d);
      largest = max(largest, rows.largest);
    }
    let rounding = ROUNDING * largest;
    a = settled(a, vec4<f32>(), rounding);
    b = settled(settled(b, vec4<f32>(), rounding), a, rounding);
    c = settled(settled(settled(c, vec4<f32>(), rounding), b, rounding), a, rounding);
    d = settled(settled(settled(settled(d, vec4<f32>(), rounding), c, rounding), b, rounding), a, rounding);
    // The first of the largest wins.
    var best = a;
    var code = select(vec4<u32>(), vec4<u32>(1u), b > best);
    best = max(best, b);
    code = select(code, vec4<u32>(2u), c > best);
    best = max(best, c);
    code = select(code, vec4<u32>(3u), d > best);
    best = max(best, d) + bias[quad];
    packed |= pack_four(select(vec4<u32>(DEAD), code, best > vec4<f32>())) << (16u * half);
    // By select(), as max() may give 0 for a NaN.
    output[window * params.quads + quad] = select(best, vec4<f32>(), best <= vec4<f32>());
  }
  codes[index] = packed;
}
