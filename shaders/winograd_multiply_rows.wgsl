// winograd_multiply_rows: in each of the 36 positions of Winograd's F(4x4, 3x3), the product of two matrices over their rows.
// patches [36, rows, channels], gradients [36, rows, filters] -> parts [parts, 36, channels, filters]; channels and filters come in fours
// The rows are many: each of the `parts` sums over rowsPerPart of them. A workgroup is one subgroup: each lane has four channels, times
// QUADS times four filters; gradients are spread over the lanes and passed round, four rows at a time.

enable subgroups;

struct Params { rows: u32, rowsPerPart: u32, channelQuads: u32, filterQuads: u32 }

@group(0) @binding(0) var<storage, read> patches: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const LANES: u32 = 8u;
const QUADS: u32 = 5u;
const LOADS: u32 = (4u * QUADS + LANES - 1u) / LANES;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let channelQuad = group.x * LANES + lane;
  let firstQuad = group.y * QUADS;
  let position = group.z % 36u;
  let part = group.z / 36u;
  let end = min((part + 1u) * params.rowsPerPart, params.rows);
  var sums = array<array<vec4<f32>, QUADS>, 4>();
  for (var start = part * params.rowsPerPart; start < end; start += 4u) {
    var loaded = array<vec4<f32>, LOADS>();
    for (var i = 0u; i < LOADS; i++) {
      let place = lane + LANES * i;
      loaded[i] = gradients[(position * params.rows + start + place / QUADS) * params.filterQuads + firstQuad + place % QUADS];
    }
    var channels = array<vec4<f32>, 4>();
    for (var i = 0u; i < 4u; i++) {
      let value = patches[(position * params.rows + start + i) * params.channelQuads + channelQuad];
      channels[i] = select(vec4<f32>(), value, start + i < end);
    }
    for (var q = 0u; q < QUADS; q++) {
      for (var i = 0u; i < 4u; i++) {
        let gradient = subgroupShuffle(loaded[(i * QUADS + q) / LANES], (i * QUADS + q) % LANES);
        for (var c = 0u; c < 4u; c++) { sums[c][q] = fma(vec4<f32>(channels[i][c]), gradient, sums[c][q]); }
      }
    }
  }
  for (var c = 0u; c < 4u; c++) {
    for (var q = 0u; q < QUADS; q++) {
      if (channelQuad < params.channelQuads && firstQuad + q < params.filterQuads) {
        parts[(group.z * params.channelQuads * 4u + channelQuad * 4u + c) * params.filterQuads + firstQuad + q] = sums[c][q];
      }
    }
  }
}
