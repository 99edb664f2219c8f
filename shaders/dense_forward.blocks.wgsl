// dense forward, as dense_forward.split, for drivers that keep in registers what has a name and nothing that has an index.
// input [batch, features], kernel [features, units], bias [units] -> parts [parts, batch, units], which sum_parts.wgsl adds up
// One invocation one unit for four rows. Invocations side by side want the same inputs: each loads those of one feature of four, and passes them
// on. Part 0 begins with the bias.

enable subgroups;

struct Params { batch: u32, features: u32, units: u32, featuresPerPart: u32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> kernel: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const TILE: u32 = 64u;

@compute @workgroup_size(TILE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let unit = group.x * TILE + local;
  let column = min(unit, params.units - 1u);
  let row = group.y * 4u;
  // Rows beyond the batch read the last one; their sums are not stored.
  let last = params.batch - 1u;
  let row0 = row * params.features;
  let row1 = min(row + 1u, last) * params.features;
  let row2 = min(row + 2u, last) * params.features;
  let row3 = min(row + 3u, last) * params.features;
  let begin = group.z * params.featuresPerPart;
  let end = min(begin + params.featuresPerPart, params.features);
  var sums = vec4<f32>();
  for (var first = begin; first < end; first += 4u) {
    let own = min(first + lane % 4u, params.features - 1u);
    // Features beyond the part's last count nothing.
    let x = select(vec4<f32>(), vec4<f32>(input[row0 + own], input[row1 + own], input[row2 + own], input[row3 + own]), first + lane % 4u < end);
    let weight = first * params.units + column;
    sums = fma(subgroupBroadcast(x, 0u), vec4<f32>(kernel[weight]), sums);
    sums = fma(subgroupBroadcast(x, 1u), vec4<f32>(kernel[weight + params.units]), sums);
    sums = fma(subgroupBroadcast(x, 2u), vec4<f32>(kernel[weight + 2u * params.units]), sums);
    sums = fma(subgroupBroadcast(x, 3u), vec4<f32>(kernel[weight + 3u * params.units]), sums);
  }
  if (unit >= params.units) { return; }
  sums += vec4<f32>(select(0.0, bias[unit], group.z == 0u));
  let part = (group.z * params.batch + row) * params.units + unit;
  parts[part] = sums.x;
  if (row + 1u < params.batch) { parts[part + params.units] = sums.y; }
  if (row + 2u < params.batch) { parts[part + 2u * params.units] = sums.z; }
  if (row + 3u < params.batch) { parts[part + 3u * params.units] = sums.w; }
}
