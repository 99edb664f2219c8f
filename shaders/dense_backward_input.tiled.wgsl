// dense backward, input: dInput = dOutput · kernel transposed, the kernel read row by row through workgroup memory.
// dOutput [batch, units], kernel [features, units] -> dInput [batch, features]
// A workgroup computes TILE features for all rows, one feature an invocation: neighbouring invocations load neighbouring weights.

struct Params { batch: u32, features: u32, units: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const TILE: u32 = 64u;
const ROWS: u32 = 8u;
const DEPTH: u32 = 16u;

// Row r is turned by r, so that neighbouring lanes read other banks.
var<workgroup> weights: array<array<f32, DEPTH>, TILE>;

@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let firstFeature = (group.y * groups.x + group.x) * TILE;
  let feature = firstFeature + lane;
  for (var firstRow = 0u; firstRow < params.batch; firstRow += ROWS) {
    var sums = array<f32, ROWS>();
    for (var start = 0u; start < params.units; start += DEPTH) {
      workgroupBarrier();
      for (var index = lane; index < TILE * DEPTH; index += TILE) {
        let k = firstFeature + index / DEPTH;
        let u = start + index % DEPTH;
        var weight = 0.0;
        if (k < params.features && u < params.units) { weight = kernel[k * params.units + u]; }
        weights[index / DEPTH][(index % DEPTH + index / DEPTH) % DEPTH] = weight;
      }
      workgroupBarrier();
      for (var u = 0u; u < min(DEPTH, params.units - start); u++) {
        for (var r = 0u; r < ROWS; r++) {
          let row = min(firstRow + r, params.batch - 1u);
          sums[r] = fma(dOutput[row * params.units + start + u], weights[lane][(u + lane) % DEPTH], sums[r]);
        }
      }
    }
    if (feature < params.features) {
      for (var r = 0u; r < ROWS; r++) {
        if (firstRow + r < params.batch) { dInput[(firstRow + r) * params.features + feature] = sums[r]; }
      }
    }
  }
}
