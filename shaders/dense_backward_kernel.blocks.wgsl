// dense backward, kernel and bias: dKernel = input transposed · dOutput, dBias[u] = sum over the batch of dOutput[n, u], for drivers that keep in registers
// what has a name and nothing that has an index.
// input [batch, features], dOutput [batch, units] -> dKernel [features, units], dBias [units]
// A workgroup computes `featuresPerGroup` rows by TILE columns of dKernel, one column an invocation, from twelve rows of the batch a round.
// Invocations side by side want the same inputs: each loads those of one feature of four, and passes them on. The first row's workgroups write dBias too.

enable subgroups;

struct Params { batch: u32, features: u32, units: u32, featuresPerGroup: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> dOutput: array<f32>;
@group(0) @binding(2) var<storage, read_write> dKernel: array<f32>;
@group(0) @binding(3) var<storage, read_write> dBias: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const TILE: u32 = 64u;
const ROWS: u32 = 12u;

// A feature's inputs in four rows; rows beyond the batch read the last one.
fn inputs(row: u32, feature: u32) -> vec4<f32> {
  let rows = min(vec4<u32>(row) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(params.batch - 1u)) * params.features + vec4<u32>(feature);
  return vec4<f32>(input[rows.x], input[rows.y], input[rows.z], input[rows.w]);
}

// A unit's gradients in four rows; rows beyond the batch have none.
fn gradients(row: u32, unit: u32) -> vec4<f32> {
  let rows = vec4<u32>(row) + vec4<u32>(0u, 1u, 2u, 3u);
  let place = rows * params.units + vec4<u32>(unit);
  let all = vec4<f32>(dOutput[place.x], dOutput[place.y], dOutput[place.z], dOutput[place.w]);
  return select(vec4<f32>(), all, rows < vec4<u32>(params.batch));
}

@compute @workgroup_size(TILE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let unit = group.x * TILE + local;
  let begin = group.y * params.featuresPerGroup;
  let end = min(begin + params.featuresPerGroup, params.features);
  for (var row = 0u; row < params.batch; row += ROWS) {
    let g0 = gradients(row, min(unit, params.units - 1u));
    let g1 = gradients(row + 4u, min(unit, params.units - 1u));
    let g2 = gradients(row + 8u, min(unit, params.units - 1u));
    if (group.y == 0u && unit < params.units) {
      let sum = dot(g0 + g1 + g2, vec4<f32>(1.0));
      if (row == 0u) { dBias[unit] = sum; } else { dBias[unit] += sum; }
    }
    for (var first = begin; first < end; first += 4u) {
      let own = min(first + lane % 4u, params.features - 1u);
      let x0 = inputs(row, own);
      let x1 = inputs(row + 4u, own);
      let x2 = inputs(row + 8u, own);
      let sums = vec4<f32>(
        dot(subgroupBroadcast(x0, 0u), g0) + dot(subgroupBroadcast(x1, 0u), g1) + dot(subgroupBroadcast(x2, 0u), g2),
        dot(subgroupBroadcast(x0, 1u), g0) + dot(subgroupBroadcast(x1, 1u), g1) + dot(subgroupBroadcast(x2, 1u), g2),
        dot(subgroupBroadcast(x0, 2u), g0) + dot(subgroupBroadcast(x1, 2u), g1) + dot(subgroupBroadcast(x2, 2u), g2),
        dot(subgroupBroadcast(x0, 3u), g0) + dot(subgroupBroadcast(x1, 3u), g1) + dot(subgroupBroadcast(x2, 3u), g2),
      );
      let index = first * params.units + unit;
      if (unit < params.units) {
        store(index, sums.x, row);
        if (first + 1u < end) { store(index + params.units, sums.y, row); }
        if (first + 2u < end) { store(index + 2u * params.units, sums.z, row); }
        if (first + 3u < end) { store(index + 3u * params.units, sums.w, row); }
      }
    }
  }
}

// The first round's sum, or one that is added to those of the rounds before.
fn store(index: u32, sum: f32, row: u32) {
  if (row == 0u) { dKernel[index] = sum; } else { dKernel[index] += sum; }
}
