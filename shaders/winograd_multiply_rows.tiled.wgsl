// winograd_multiply_rows through workgroup memory: in each of the 36 positions of Winograd's F(4x4, 3x3), the product of two matrices over their rows.
// patches [36, rows, channels], gradients [36, rows, filters] -> parts [parts, 36, channels, filters]; channels and filters come in fours
// And the sums of the gradients alone, biasParts [parts, 16, filters], in the 16 positions that tell the bias's: see winograd4_kernel_gradient.single.wgsl.
// For GPUs, with subgroups of any size or none. The rows are many: each of the `parts` sums over rowsPerPart of them. A workgroup computes EIGHTS times eight
// channels by QUADS times four filters: it brings DEPTH rows at a time of both operands into workgroup memory, and each invocation multiplies 8 channels by 4
// filters out of there. The workgroups of the first channels also add up the gradients, in workgroup memory, where it takes no invocation a register.

struct Params { rows: u32, rowsPerPart: u32, channelQuads: u32, filterQuads: u32 }

@group(0) @binding(0) var<storage, read> patches: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> biasParts: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const EIGHTS: u32 = 8u;
const QUADS: u32 = 16u;
const DEPTH: u32 = 16u;
const COLUMNS: u32 = 4u * QUADS;
const WORKGROUP_SIZE: u32 = EIGHTS * QUADS;

var<workgroup> left: array<array<vec4<f32>, 2u * EIGHTS>, DEPTH>;
var<workgroup> right: array<array<vec4<f32>, QUADS>, DEPTH>;
var<workgroup> biasSums: array<f32, COLUMNS>;

// Whether a row or column of positions, which are 6 by 6, is one of the four that tell the bias's gradient: 0, 1, 3 and 5.
fn tells(line: u32) -> bool { return line == 0u || line % 2u == 1u; }

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let firstChannelQuad = group.x * 2u * EIGHTS;
  let firstQuad = group.y * QUADS;
  let position = group.z % 36u;
  let part = group.z / 36u;
  let end = min((part + 1u) * params.rowsPerPart, params.rows);
  let line = vec2<u32>(position / 6u, position % 6u);
  let addsUp = group.x == 0u && tells(line.x) && tells(line.y);
  let eight = lane / QUADS;
  let quad = lane % QUADS;
  var sums = array<vec4<f32>, 8>();
  for (var start = part * params.rowsPerPart; start < end; start += DEPTH) {
    workgroupBarrier();
    for (var i = lane; i < DEPTH * 2u * EIGHTS; i += WORKGROUP_SIZE) {
      let row = start + i / (2u * EIGHTS);
      let column = firstChannelQuad + i % (2u * EIGHTS);
      var value = vec4<f32>();
      if (row < end && column < params.channelQuads) { value = patches[(position * params.rows + row) * params.channelQuads + column]; }
      left[i / (2u * EIGHTS)][i % (2u * EIGHTS)] = value;
    }
    for (var i = lane; i < DEPTH * QUADS; i += WORKGROUP_SIZE) {
      let row = start + i / QUADS;
      let column = firstQuad + i % QUADS;
      var value = vec4<f32>();
      if (row < end && column < params.filterQuads) { value = gradients[(position * params.rows + row) * params.filterQuads + column]; }
      right[i / QUADS][i % QUADS] = value;
    }
    workgroupBarrier();
    if (addsUp) {
      for (var i = lane; i < COLUMNS; i += WORKGROUP_SIZE) {
        var sum = biasSums[i];
        for (var k = 0u; k < DEPTH; k++) { sum += right[k][i / 4u][i % 4u]; }
        biasSums[i] = sum;
      }
    }
    for (var k = 0u; k < DEPTH; k++) {
      let gradient = right[k][quad];
      let upper = left[k][2u * eight];
      let lower = left[k][2u * eight + 1u];
      for (var c = 0u; c < 4u; c++) { sums[c] = fma(vec4<f32>(upper[c]), gradient, sums[c]); }
      for (var c = 0u; c < 4u; c++) { sums[c + 4u] = fma(vec4<f32>(lower[c]), gradient, sums[c + 4u]); }
    }
  }
  if (addsUp) {
    let filters = 4u * params.filterQuads;
    let first = (part * 16u + (line.x + 1u) / 2u * 4u + (line.y + 1u) / 2u) * filters;
    for (var i = lane; i < COLUMNS && 4u * firstQuad + i < filters; i += WORKGROUP_SIZE) { biasParts[first + 4u * firstQuad + i] = biasSums[i]; }
  }
  if (firstQuad + quad >= params.filterQuads) { return; }
  for (var c = 0u; c < 8u; c++) {
    let channel = 4u * firstChannelQuad + 8u * eight + c;
    if (channel < 4u * params.channelQuads) { parts[(group.z * 4u * params.channelQuads + channel) * params.filterQuads + firstQuad + quad] = sums[c]; }
  }
}
