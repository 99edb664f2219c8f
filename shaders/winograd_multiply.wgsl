// winograd_multiply: in each position of a Winograd transform, a matrix product over the reduced channels.
// patches [positions, rows, reduced], kernel [positions, reduced, kept] -> products [positions, rows, kept]; channels come in fours
// A workgroup is one subgroup. It computes ROW_GROUPS rows a lane by QUADS times four columns: patches are loaded by the lane whose row
// they are in, four channels at once; the kernel's part is spread over the lanes and passed round, so that each of its numbers is loaded
// once for all rows. Accumulators stay in registers. For any size of subgroup: LANES.

enable subgroups;

struct Params { rows: u32, reducedQuads: u32, keptQuads: u32 }

@group(0) @binding(0) var<storage, read> patches: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> kernel: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const LANES: u32 = 8u;
const ROW_GROUPS: u32 = 4u;
const QUADS: u32 = 5u;
const WEIGHTS: u32 = (4u * QUADS + LANES - 1u) / LANES;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let firstRow = group.x * LANES * ROW_GROUPS + lane;
  let firstQuad = group.y * QUADS;
  let rows = group.z * params.rows;
  var sums = array<array<vec4<f32>, QUADS>, ROW_GROUPS>();
  for (var k = 0u; k < params.reducedQuads; k++) {
    var weights = array<vec4<f32>, WEIGHTS>();
    for (var i = 0u; i < WEIGHTS; i++) {
      let place = lane + LANES * i;
      weights[i] = kernel[((group.z * params.reducedQuads + k) * 4u + place / QUADS) * params.keptQuads + firstQuad + place % QUADS];
    }
    var row = array<vec4<f32>, ROW_GROUPS>();
    for (var g = 0u; g < ROW_GROUPS; g++) { row[g] = patches[(rows + firstRow + LANES * g) * params.reducedQuads + k]; }
    for (var q = 0u; q < QUADS; q++) {
      for (var i = 0u; i < 4u; i++) {
        let weight = subgroupShuffle(weights[(i * QUADS + q) / LANES], (i * QUADS + q) % LANES);
        for (var g = 0u; g < ROW_GROUPS; g++) { sums[g][q] = fma(vec4<f32>(row[g][i]), weight, sums[g][q]); }
      }
    }
  }
  for (var g = 0u; g < ROW_GROUPS; g++) {
    let row = firstRow + LANES * g;
    for (var q = 0u; q < QUADS; q++) {
      if (row < params.rows && firstQuad + q < params.keptQuads) { products[(rows + row) * params.keptQuads + firstQuad + q] = sums[g][q]; }
    }
  }
}
