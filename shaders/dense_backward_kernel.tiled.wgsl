// dense backward, kernel and bias: dKernel = input transposed · dOutput through workgroup memory, dBias[u] = sum over the batch of dOutput[n, u].
// input [batch, features], dOutput [batch, units] -> parts [parts, features, units] and biasParts [parts, units], which sum_two_parts.wgsl adds up; where there
//   is one part, they are dKernel and dBias.
// A workgroup computes ROWS features by QUADS times four units of one part: it brings DEPTH rows of the batch at a time of both operands into workgroup
// memory, and each invocation multiplies 8 features by 4 units out of there: 3 loads for 32 multiply-adds. Where the features are the first ones, the first
// QUADS invocations also add up the gradients that lie there.

struct Params { batch: u32, features: u32, units: u32, batchPerPart: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
@group(0) @binding(3) var<storage, read_write> biasParts: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const ROWS: u32 = 64u;
const QUADS: u32 = 16u;
const DEPTH: u32 = 16u;
const COLUMNS: u32 = 4u * QUADS;
const WORKGROUP_SIZE: u32 = ROWS / 8u * QUADS;

// By the row of the batch; features and units in fours, and one four more, so that lanes which write side by side meet fewer of the same banks.
var<workgroup> inputs: array<array<vec4<f32>, ROWS / 4u + 1u>, DEPTH>;
var<workgroup> gradients: array<array<vec4<f32>, QUADS + 1u>, DEPTH>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let firstFeature = group.x * ROWS;
  let firstUnit = group.y * COLUMNS;
  let end = min((group.z + 1u) * params.batchPerPart, params.batch);
  let eight = lane / QUADS;
  let quad = lane % QUADS;
  let addsUp = group.x == 0u && eight == 0u;
  var products = array<vec4<f32>, 8>();
  var sum = vec4<f32>();

  for (var start = group.z * params.batchPerPart; start < end; start += DEPTH) {
    workgroupBarrier();
    for (var i = lane; i < DEPTH * ROWS; i += WORKGROUP_SIZE) {
      let n = i / ROWS;
      let row = i % ROWS;
      var value = 0.0;
      if (start + n < end && firstFeature + row < params.features) { value = input[(start + n) * params.features + firstFeature + row]; }
      inputs[n][row / 4u][row % 4u] = value;
    }
    for (var i = lane; i < DEPTH * COLUMNS; i += WORKGROUP_SIZE) {
      let n = i / COLUMNS;
      let column = i % COLUMNS;
      var value = 0.0;
      if (start + n < end && firstUnit + column < params.units) { value = dOutput[(start + n) * params.units + firstUnit + column]; }
      gradients[n][column / 4u][column % 4u] = value;
    }
    workgroupBarrier();
    for (var n = 0u; n < DEPTH; n++) {
      let gradient = gradients[n][quad];
      let upper = inputs[n][2u * eight];
      let lower = inputs[n][2u * eight + 1u];
      for (var r = 0u; r < 4u; r++) { products[r] = fma(vec4<f32>(upper[r]), gradient, products[r]); }
      for (var r = 0u; r < 4u; r++) { products[r + 4u] = fma(vec4<f32>(lower[r]), gradient, products[r + 4u]); }
    }
    if (addsUp) {
      for (var n = 0u; n < DEPTH; n++) { sum += gradients[n][quad]; }
    }
  }

  for (var c = 0u; c < 4u; c++) {
    let unit = firstUnit + 4u * quad + c;
    if (unit >= params.units) { break; }
    if (addsUp) { biasParts[group.z * params.units + unit] = sum[c]; }
    for (var r = 0u; r < 8u; r++) {
      let feature = firstFeature + 8u * eight + r;
      if (feature < params.features) { parts[(group.z * params.features + feature) * params.units + unit] = products[r][c]; }
    }
  }
}
