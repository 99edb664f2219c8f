// dropout forward: mask[n, c] = 0 with probability `rate`, else `scale` = 1 / (1 - rate); output[n, place, c] = input[n, place, c] * mask[n, c].
// input [rows, places, channels] -> output, of its shape; mask [rows, channels]: `size` elements of a batch's mask from its element `offset` on
// Where each number of a row is dropped by itself, a row is one place; where whole maps are, the places are those of a picture.
// The random bits are Philox-4x32 with 10 rounds, a counter-based generator, so that any element of any step can be drawn alone, in parallel,
// and again after a resume. Bit for bit what TensorFlow's Dropout draws: key = the seed; counter = the element's block of four beyond 256 blocks for each
// element that earlier steps drew, in the low two words, and the number of the dropout layer.
// Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011, https://doi.org/10.1145/2063384.2063405;
// tensorflow/core/kernels/random_op.cc, tensorflow/core/util/guarded_philox_random.cc
// One invocation draws four elements, as the generator gives four words at a time, and multiplies at PLACES_EACH places; others draw the same again for
// the next places.

struct Params { size: u32, places: u32, channels: u32, offset: u32, rowsBefore: u32, rate: f32, scale: f32, seed: u32, stream: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<storage, read_write> mask: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const PLACES_EACH: u32 = 16u;
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

// Four elements of the mask.
fn draw(block: u32) -> vec4<f32> {
  let before = multiply_wide(params.channels * BLOCKS_PER_ELEMENT, params.rowsBefore);
  let low = before.x + block;
  let high = before.y + select(0u, 1u, low < block);
  let bits = philox4x32(vec4<u32>(low, high, params.stream, 0u), vec2<u32>(params.seed, 0u));
  // 23 bits make a float32 in [0, 1) exactly.
  let uniforms = vec4<f32>(bits & vec4<u32>(0x7fffffu)) * 0x1p-23;
  return select(vec4<f32>(0.0), vec4<f32>(params.scale), uniforms >= vec4<f32>(params.rate));
}

// Multiplies by an element of the mask at some of the places; what is none of the `size` is left out.
fn multiply(element: u32, factor: f32, first_place: u32) {
  if (element >= params.size) { return; }
  if (first_place == 0u) { mask[element] = factor; }
  // Needs no division, which costs more than the product.
  if (params.places == 1u) { output[element] = input[element] * factor; return; }
  let n = element / params.channels;
  let end = min(first_place + PLACES_EACH, params.places);
  for (var place = first_place; place < end; place++) {
    let index = element + (n * (params.places - 1u) + place) * params.channels;
    output[index] = input[index] * factor;
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let number = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let before = params.offset % 4u;
  let blocks = (before + params.size - 1u) / 4u + 1u;
  let block = number % blocks;
  let first_place = number / blocks * PLACES_EACH;
  if (first_place >= params.places) { return; }
  let factors = draw(params.offset / 4u + block);
  // Elements before the first wrap around, and are none.
  let element = 4u * block - before;
  multiply(element, factors.x, first_place);
  multiply(element + 1u, factors.y, first_place);
  multiply(element + 2u, factors.z, first_place);
  multiply(element + 3u, factors.w, first_place);
}
