// pool_encode: notes for each 2x2 window in 4 bits what its gradient needs: the winner's place 0 … 3, or DEAD where relu let nothing through.
// output (after relu and pooling) and argmax [positions, filters] -> codes [positions, words], words = ceil(filters / 8), 8 filters a word,
// the first in the lowest bits. Filters beyond the last are DEAD.
// One invocation a word.

struct Params { positions: u32, filters: u32 }

@group(0) @binding(0) var<storage, read> output: array<f32>;
@group(0) @binding(1) var<storage, read> argmax: array<u32>;
@group(0) @binding(2) var<storage, read_write> codes: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const DEAD: u32 = 4u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  let words = (params.filters + 7u) / 8u;
  if (index >= params.positions * words) { return; }
  let position = index / words;
  let first = index % words * 8u;
  var word = 0u;
  for (var i = 0u; i < 8u; i++) {
    var code = DEAD;
    if (first + i < params.filters) {
      let at = position * params.filters + first + i;
      if (output[at] > 0.0) { code = argmax[at]; }
    }
    word |= code << (4u * i);
  }
  codes[index] = word;
}
