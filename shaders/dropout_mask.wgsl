// dropout mask: 0 with probability `rate`, else `scale` = 1 / (1 - rate).
// -> mask, any shape: `size` elements of a batch's mask from its element `offset` on; `features` elements a row
// The random bits are Philox-4x32 with 10 rounds, a counter-based generator, so that any element of any step can be drawn alone, in parallel,
// and again after a resume. Bit for bit what TensorFlow's Dropout draws: key = the seed; counter = the element's block of four beyond 256 blocks for each
// element that earlier steps drew, in the low two words, and the number of the dropout layer.
// Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011, https://doi.org/10.1145/2063384.2063405;
// tensorflow/core/kernels/random_op.cc, tensorflow/core/util/guarded_philox_random.cc
// One invocation four elements: the generator gives four words at a time.

struct Params { size: u32, offset: u32, features: u32, rowsBefore: u32, rate: f32, scale: f32, seed: u32, stream: u32 }

@group(0) @binding(0) var<storage, read_write> mask: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const BLOCKS_PER_ELEMENT: u32 = 256u;

// The 64-bit product of two words: low word, high word.
fn multiply_wide(a: u32, b: u32) -> vec2<u32> {
  let middle = (a >> 16u) * (b & 0xffffu) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2<u32>(a * b, (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u));
}

fn philox4x32(counter: vec4<u32>, first_key: vec2<u32>) -> vec4<u32> {
  var state = counter;
  var key = first_key;
  for (var round = 0u; round < 10u; round++) {
    let product0 = multiply_wide(0xd2511f53u, state.x);
    let product2 = multiply_wide(0xcd9e8d57u, state.z);
    state = vec4<u32>(product2.y ^ state.y ^ key.x, product2.x, product0.y ^ state.w ^ key.y, product0.x);
    key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return state;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let block = params.offset / 4u + id.y * groups.x * WORKGROUP_SIZE + id.x;
  let end = params.offset + params.size;
  if (block * 4u >= end) { return; }
  let before = multiply_wide(params.features * BLOCKS_PER_ELEMENT, params.rowsBefore);
  let low = before.x + block;
  let high = before.y + select(0u, 1u, low < block);
  let bits = philox4x32(vec4<u32>(low, high, params.stream, 0u), vec2<u32>(params.seed, 0u));
  // 23 bits make a float32 in [0, 1) exactly.
  let uniforms = vec4<f32>(bits & vec4<u32>(0x7fffffu)) * 0x1p-23;
  let masks = select(vec4<f32>(0.0), vec4<f32>(params.scale), uniforms >= vec4<f32>(params.rate));
  for (var i = 0u; i < 4u; i++) {
    let element = block * 4u + i;
    if (element >= params.offset && element < end) { mask[element - params.offset] = masks[i]; }
  }
}
