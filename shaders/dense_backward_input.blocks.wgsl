// dense backward, input: dInput = dOutput · kernel transposed, for drivers that keep in registers what has a name and nothing that has an index.
// dOutput [batch, units], kernel [features, units] -> dInput [batch, features]
// One invocation one feature for four rows. Invocations side by side want the same gradients: each loads those of one unit of four, and passes
// them on.

enable subgroups;

struct Params { batch: u32, features: u32, units: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let feature = group.x * WORKGROUP_SIZE + local;
  let weights = min(feature, params.features - 1u) * params.units;
  let row = group.y * 4u;
  // Rows beyond the batch read the last one; their sums are not stored.
  let last = params.batch - 1u;
  let row0 = row * params.units;
  let row1 = min(row + 1u, last) * params.units;
  let row2 = min(row + 2u, last) * params.units;
  let row3 = min(row + 3u, last) * params.units;
  var sums = vec4<f32>();
  for (var first = 0u; first < params.units; first += 4u) {
    let own = min(first + lane % 4u, params.units - 1u);
    // Units beyond the last count nothing.
    let d = select(
      vec4<f32>(),
      vec4<f32>(dOutput[row0 + own], dOutput[row1 + own], dOutput[row2 + own], dOutput[row3 + own]),
      first + lane % 4u < params.units,
    );
    let weight = weights + first;
    sums = fma(subgroupBroadcast(d, 0u), vec4<f32>(kernel[weight]), sums);
    sums = fma(subgroupBroadcast(d, 1u), vec4<f32>(kernel[weight + 1u]), sums);
    sums = fma(subgroupBroadcast(d, 2u), vec4<f32>(kernel[weight + 2u]), sums);
    sums = fma(subgroupBroadcast(d, 3u), vec4<f32>(kernel[weight + 3u]), sums);
  }
  if (feature >= params.features) { return; }
  let index = row * params.features + feature;
  dInput[index] = sums.x;
  if (row + 1u < params.batch) { dInput[index + params.features] = sums.y; }
  if (row + 2u < params.batch) { dInput[index + 2u * params.features] = sums.z; }
  if (row + 3u < params.batch) { dInput[index + 3u * params.features] = sums.w; }
}
