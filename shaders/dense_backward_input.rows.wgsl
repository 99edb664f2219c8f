// dense backward, input: dInput = dOutput · kernel transposed, a weight loaded once for ROWS rows.
// dOutput [batch, units], kernel [features, units] -> dInput [batch, features]
// One invocation a feature. All invocations read the same dOutput at the same time; their weights lie a row of the kernel apart, which
// suits a cache that keeps those rows until the next unit.

struct Params { batch: u32, features: u32, units: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const ROWS: u32 = 8u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let feature = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (feature >= params.features) { return; }
  for (var firstRow = 0u; firstRow < params.batch; firstRow += ROWS) {
    var sums = array<f32, ROWS>();
    for (var u = 0u; u < params.units; u++) {
      let weight = kernel[feature * params.units + u];
      // Rows beyond the batch read the last one; their sums are not stored.
      for (var r = 0u; r < ROWS; r++) { sums[r] = fma(dOutput[min(firstRow + r, params.batch - 1u) * params.units + u], weight, sums[r]); }
    }
    for (var r = 0u; r < ROWS; r++) {
      if (firstRow + r < params.batch) { dInput[(firstRow + r) * params.features + feature] = sums[r]; }
    }
  }
}
