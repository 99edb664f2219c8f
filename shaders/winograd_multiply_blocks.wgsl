// winograd_multiply_blocks: as winograd_multiply, for drivers that keep in registers what has a name and nothing that has an index.
// patches [positions, rows, reduced], kernel [positions, reduced, kept] -> products [positions, rows, kept]; channels come in fours
// One invocation a block of four rows by four columns. Four invocations side by side want the same four weights: each loads one, and passes it on.

enable subgroups;

struct Params { rows: u32, reducedQuads: u32, keptQuads: u32 }

@group(0) @binding(0) var<storage, read> patches: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> kernel: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 32u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let quads = params.reducedQuads;
  let width = params.keptQuads;
  let row = (group.y * WORKGROUP_SIZE + local) * 4u;
  let first = group.z * params.rows + row;
  var patch_ = first * quads;
  var weight = group.z * quads * 4u * width + lane % 4u * width + group.x;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var k = 0u; k < quads; k++) {
    let a = patches[patch_];
    let b = patches[patch_ + quads];
    let c = patches[patch_ + 2u * quads];
    let d = patches[patch_ + 3u * quads];
    let own = kernel[weight];
    let w0 = subgroupBroadcast(own, 0u);
    let w1 = subgroupBroadcast(own, 1u);
    let w2 = subgroupBroadcast(own, 2u);
    let w3 = subgroupBroadcast(own, 3u);
    sum0 = fma(vec4<f32>(a.w), w3, fma(vec4<f32>(a.z), w2, fma(vec4<f32>(a.y), w1, fma(vec4<f32>(a.x), w0, sum0))));
    sum1 = fma(vec4<f32>(b.w), w3, fma(vec4<f32>(b.z), w2, fma(vec4<f32>(b.y), w1, fma(vec4<f32>(b.x), w0, sum1))));
    sum2 = fma(vec4<f32>(c.w), w3, fma(vec4<f32>(c.z), w2, fma(vec4<f32>(c.y), w1, fma(vec4<f32>(c.x), w0, sum2))));
    sum3 = fma(vec4<f32>(d.w), w3, fma(vec4<f32>(d.z), w2, fma(vec4<f32>(d.y), w1, fma(vec4<f32>(d.x), w0, sum3))));
    patch_++;
    weight += 4u * width;
  }
  let product = first * width + group.x;
  if (row < params.rows) { products[product] = sum0; }
  if (row + 1u < params.rows) { products[product + width] = sum1; }
  if (row + 2u < params.rows) { products[product + 2u * width] = sum2; }
  if (row + 3u < params.rows) { products[product + 3u * width] = sum3; }
}
