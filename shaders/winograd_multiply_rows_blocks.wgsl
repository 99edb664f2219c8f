// winograd_multiply_rows_blocks: as winograd_multiply_rows, for drivers that keep in registers what has a name and nothing that has an index.
// patches [36, rows, channels], gradients [36, rows, filters] -> parts [parts, 36, channels, filters]; channels and filters come in fours
// One invocation a block of four channels by four filters, summed over rowsPerPart rows. Invocations of a subgroup want the same gradients:
// each loads those of one row of four, and passes them on.

enable subgroups;

struct Params { rows: u32, rowsPerPart: u32, channelQuads: u32, filterQuads: u32 }

@group(0) @binding(0) var<storage, read> patches: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> parts: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const LANES: u32 = 4u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let channelQuad = group.x * LANES + lane;
  let position = group.z % 36u;
  let part = group.z / 36u;
  let end = min((part + 1u) * params.rowsPerPart, params.rows);
  let height = params.channelQuads;
  let width = params.filterQuads;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var row = part * params.rowsPerPart; row < end; row += 4u) {
    let first = position * params.rows + row;
    let patch_ = first * height + channelQuad;
    let a = patches[patch_];
    let b = patches[patch_ + height];
    let c = patches[patch_ + 2u * height];
    let d = patches[patch_ + 3u * height];
    // Rows beyond the part's last add nothing.
    let own = select(vec4<f32>(), gradients[(first + lane % 4u) * width + group.y], row + lane % 4u < end);
    let g0 = subgroupBroadcast(own, 0u);
    let g1 = subgroupBroadcast(own, 1u);
    let g2 = subgroupBroadcast(own, 2u);
    let g3 = subgroupBroadcast(own, 3u);
    sum0 = fma(vec4<f32>(d.x), g3, fma(vec4<f32>(c.x), g2, fma(vec4<f32>(b.x), g1, fma(vec4<f32>(a.x), g0, sum0))));
    sum1 = fma(vec4<f32>(d.y), g3, fma(vec4<f32>(c.y), g2, fma(vec4<f32>(b.y), g1, fma(vec4<f32>(a.y), g0, sum1))));
    sum2 = fma(vec4<f32>(d.z), g3, fma(vec4<f32>(c.z), g2, fma(vec4<f32>(b.z), g1, fma(vec4<f32>(a.z), g0, sum2))));
    sum3 = fma(vec4<f32>(d.w), g3, fma(vec4<f32>(c.w), g2, fma(vec4<f32>(b.w), g1, fma(vec4<f32>(a.w), g0, sum3))));
  }
  let place = (group.z * height + channelQuad) * 4u * width + group.y;
  if (channelQuad < height) {
    parts[place] = sum0;
    parts[place + width] = sum1;
    parts[place + 2u * width] = sum2;
    parts[place + 3u * width] = sum3;
  }
}
