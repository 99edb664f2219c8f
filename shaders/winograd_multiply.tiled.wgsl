// winograd_multiply through workgroup memory: in each position of a Winograd transform, a matrix product over the reduced channels.
// patches [positions, rows, reduced], kernel [positions, reduced, kept] -> products [positions, rows, kept]; channels come in fours
// For GPUs, with subgroups of any size or none. A workgroup computes ROWS rows by QUADS times four columns: it brings DEPTH reduced channels at a time of both
// operands into workgroup memory, and each invocation multiplies 8 rows by 4 columns out of there: 3 loads for 32 multiply-adds.

struct Params { rows: u32, reducedQuads: u32, keptQuads: u32 }

@group(0) @binding(0) var<storage, read> patches: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> kernel: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const ROWS: u32 = 64u;
const QUADS: u32 = 16u;
const DEPTH: u32 = 16u;
const WORKGROUP_SIZE: u32 = ROWS / 8u * QUADS;

// By the reduced channel; the rows in fours, and one four more, so that lanes which write side by side meet fewer of the same banks.
var<workgroup> left: array<array<vec4<f32>, ROWS / 4u + 1u>, DEPTH>;
var<workgroup> right: array<array<vec4<f32>, QUADS>, DEPTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let firstRow = group.x * ROWS;
  let firstQuad = group.y * QUADS;
  let rows = group.z * params.rows;
  let eight = lane / QUADS;
  let quad = lane % QUADS;
  var sums = array<vec4<f32>, 8>();
  for (var start = 0u; start < params.reducedQuads; start += DEPTH / 4u) {
    workgroupBarrier();
    for (var i = lane; i < ROWS * DEPTH / 4u; i += WORKGROUP_SIZE) {
      let row = i / (DEPTH / 4u);
      let four = i % (DEPTH / 4u);
      var value = vec4<f32>();
      if (firstRow + row < params.rows && start + four < params.reducedQuads) {
        value = patches[(rows + firstRow + row) * params.reducedQuads + start + four];
      }
      left[4u * four][row / 4u][row % 4u] = value.x;
      left[4u * four + 1u][row / 4u][row % 4u] = value.y;
      left[4u * four + 2u][row / 4u][row % 4u] = value.z;
      left[4u * four + 3u][row / 4u][row % 4u] = value.w;
    }
    for (var i = lane; i < DEPTH * QUADS; i += WORKGROUP_SIZE) {
      let reduced = 4u * start + i / QUADS;
      let column = firstQuad + i % QUADS;
      var value = vec4<f32>();
      if (reduced < 4u * params.reducedQuads && column < params.keptQuads) {
        value = kernel[(group.z * 4u * params.reducedQuads + reduced) * params.keptQuads + column];
      }
      right[i / QUADS][i % QUADS] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let weight = right[k][quad];
      let upper = left[k][2u * eight];
      let lower = left[k][2u * eight + 1u];
      for (var r = 0u; r < 4u; r++) { sums[r] = fma(vec4<f32>(upper[r]), weight, sums[r]); }
      for (var r = 0u; r < 4u; r++) { sums[r + 4u] = fma(vec4<f32>(lower[r]), weight, sums[r + 4u]); }
    }
  }
  if (firstQuad + quad >= params.keptQuads) { return; }
  for (var r = 0u; r < 8u; r++) {
    let row = firstRow + 8u * eight + r;
    if (row < params.rows) { products[(rows + row) * params.keptQuads + firstQuad + quad] = sums[r]; }
  }
}
