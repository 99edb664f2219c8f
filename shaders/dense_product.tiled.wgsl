// The matrix product of dense, forward or back to the input, through workgroup memory: product[m, n] = bias[n] + sum over k of left[m, k] * right(k, n).
// left [rows, depth]; right: a matrix by the strides of its rows and columns, so that it may be read transposed; bias [columns], where there is one
//   -> parts [parts, rows, columns], which sum_parts.wgsl adds up; part 0 begins with the bias. Where there is one part, it is the product.
// A workgroup computes ROWS rows by QUADS times four columns of one part: it brings DEPTH numbers of the sum at a time of both operands into workgroup memory,
// and each invocation multiplies 8 rows by 4 columns out of there: 3 loads for 32 multiply-adds.

struct Params { rows: u32, columns: u32, depth: u32, depthPerPart: u32, rightDepth: u32, rightColumn: u32, biased: u32 }

@group(0) @binding(0) var<storage, read> left: array<f32>;
@group(0) @binding(1) var<storage, read> right: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const ROWS: u32 = 64u;
const QUADS: u32 = 16u;
// 1 where what lies side by side in memory is summed, as of left, and 0 where it is a row of columns: invocations side by side read that.
const RIGHT_BY_DEPTH: u32 = 0u;

const DEPTH: u32 = 16u;
const COLUMNS: u32 = 4u * QUADS;
const WORKGROUP_SIZE: u32 = ROWS / 8u * QUADS;

// By the place in the sum; rows and columns in fours, and one four more, so that lanes which write side by side meet fewer of the same banks.
var<workgroup> rows: array<array<vec4<f32>, ROWS / 4u + 1u>, DEPTH>;
var<workgroup> columns: array<array<vec4<f32>, QUADS + 1u>, DEPTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let firstRow = group.x * ROWS;
  let firstColumn = group.y * COLUMNS;
  let end = min((group.z + 1u) * params.depthPerPart, params.depth);
  let eight = lane / QUADS;
  let quad = lane % QUADS;
  var sums = array<vec4<f32>, 8>();

  for (var start = group.z * params.depthPerPart; start < end; start += DEPTH) {
    workgroupBarrier();
    for (var i = lane; i < DEPTH * ROWS; i += WORKGROUP_SIZE) {
      let k = i % DEPTH;
      let row = i / DEPTH;
      var value = 0.0;
      if (start + k < end && firstRow + row < params.rows) { value = left[(firstRow + row) * params.depth + start + k]; }
      rows[k][row / 4u][row % 4u] = value;
    }
    for (var i = lane; i < DEPTH * COLUMNS; i += WORKGROUP_SIZE) {
      let k = select(i / COLUMNS, i % DEPTH, RIGHT_BY_DEPTH == 1u);
      let column = select(i % COLUMNS, i / DEPTH, RIGHT_BY_DEPTH == 1u);
      var value = 0.0;
      if (start + k < end && firstColumn + column < params.columns) {
        value = right[(start + k) * params.rightDepth + (firstColumn + column) * params.rightColumn];
      }
      columns[k][column / 4u][column % 4u] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let four = columns[k][quad];
      let upper = rows[k][2u * eight];
      let lower = rows[k][2u * eight + 1u];
      for (var r = 0u; r < 4u; r++) { sums[r] = fma(vec4<f32>(upper[r]), four, sums[r]); }
      for (var r = 0u; r < 4u; r++) { sums[r + 4u] = fma(vec4<f32>(lower[r]), four, sums[r + 4u]); }
    }
  }

  for (var r = 0u; r < 8u; r++) {
    let row = firstRow + 8u * eight + r;
    for (var c = 0u; c < 4u; c++) {
      let column = firstColumn + 4u * quad + c;
      if (row < params.rows && column < params.columns) {
        let first = select(0.0, bias[min(column, arrayLength(&bias) - 1u)], params.biased == 1u && group.z == 0u);
        parts[(group.z * params.rows + row) * params.columns + column] = sums[r][c] + first;
      }
    }
  }
}
