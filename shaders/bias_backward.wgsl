// bias backward: dBias[u] = sum over rows of dOutput[row, u].
// dOutput [rows, units] (all axes but the last as one) -> dBias [units]
// Forward was: output[row, u] = … + bias[u].
// One workgroup a unit: its invocations sum strided rows, then the partial sums are added pairwise.

struct Params { rows: u32, units: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read_write> dBias: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let unit = group.y * groups.x + group.x;
  var sum = 0.0;
  if (unit < params.units) {
    for (var row = lane; row < params.rows; row += WORKGROUP_SIZE) { sum += dOutput[row * params.units + unit]; }
  }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u && unit < params.units) { dBias[unit] = partial[0]; }
}
