// dropout mask: 0 with probability `rate`, else `scale` = 1 / (1 - rate).
// -> mask, any shape: `size` elements of a batch's mask from its element `offset` on
// The random bits are Threefry-2x32 with 20 rounds, a counter-based generator: key (seed, stream), counter ((offset + index) / 2, step), so that any
// element of any step can be drawn alone, in parallel, and again after a resume.
// Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011, https://doi.org/10.1145/2063384.2063405
// One invocation two elements: the generator gives two words at a time.

struct Params { size: u32, offset: u32, rate: f32, scale: f32, seed: u32, stream: u32, step: u32 }

@group(0) @binding(0) var<storage, read_write> mask: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

fn rotate_left(value: u32, bits: u32) -> u32 {
  return (value << bits) | (value >> (32u - bits));
}

fn mix(state: vec2<u32>, bits: u32) -> vec2<u32> {
  let sum = state.x + state.y;
  return vec2<u32>(sum, rotate_left(state.y, bits) ^ sum);
}

fn threefry2x32(counter: vec2<u32>, key: vec2<u32>) -> vec2<u32> {
  let keys = array<u32, 3>(key.x, key.y, 0x1bd11bdau ^ key.x ^ key.y);
  var state = counter + key;
  for (var group = 1u; group <= 5u; group++) {
    if (group % 2u == 1u) {
      state = mix(mix(mix(mix(state, 13u), 15u), 26u), 6u);
    } else {
      state = mix(mix(mix(mix(state, 17u), 29u), 16u), 24u);
    }
    state += vec2<u32>(keys[group % 3u], keys[(group + 1u) % 3u] + group);
  }
  return state;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let pair = params.offset / 2u + id.y * groups.x * WORKGROUP_SIZE + id.x;
  let end = params.offset + params.size;
  if (pair * 2u >= end) { return; }
  let bits = threefry2x32(vec2<u32>(pair, params.step), vec2<u32>(params.seed, params.stream));
  // 24 bits make a float32 in [0, 1) exactly.
  let uniforms = vec2<f32>(bits >> vec2<u32>(8u)) * 0x1p-24;
  let masks = select(vec2<f32>(0.0), vec2<f32>(params.scale), uniforms >= vec2<f32>(params.rate));
  if (pair * 2u >= params.offset) { mask[pair * 2u - params.offset] = masks.x; }
  if (pair * 2u + 1u < end) { mask[pair * 2u + 1u - params.offset] = masks.y; }
}
