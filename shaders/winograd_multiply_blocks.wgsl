// winograd_multiply_blocks: as winograd_multiply, for drivers that keep in registers what has a name and nothing that has an index.
// patches [positions, rows, reduced], kernel [positions, reduced, kept] -> products [positions, rows, kept]; channels come in fours
// Loads cost such drivers most. Four invocations, a quad, share theirs: they compute 16 rows by 8 columns, each 8 rows by 4 columns. Neighbours in x have
// the same rows, neighbours in y the same columns: each loads one half of what both need and swaps it for the other half.

enable subgroups;

struct Params { rows: u32, reducedQuads: u32, keptQuads: u32 }

@group(0) @binding(0) var<storage, read> patches: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> kernel: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 32u;

// Adds four rows of weights, each times a number of a patch.
fn add(sum: vec4<f32>, patch_: vec4<f32>, w0: vec4<f32>, w1: vec4<f32>, w2: vec4<f32>, w3: vec4<f32>) -> vec4<f32> {
  return fma(vec4<f32>(patch_.w), w3, fma(vec4<f32>(patch_.z), w2, fma(vec4<f32>(patch_.y), w1, fma(vec4<f32>(patch_.x), w0, sum))));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let quads = params.reducedQuads;
  let width = params.keptQuads;
  let isRight = lane % 2u == 1u;
  let isLower = lane / 2u % 2u == 1u;
  let row = (group.y * (WORKGROUP_SIZE / 2u) + local / 2u) * 8u;
  let quad = group.x * 2u + lane % 2u;
  let first = group.z * params.rows + row;
  // Of the eight rows, those on the right load the last four; of four rows of weights, those below load the last two.
  var patch_ = (first + select(0u, 4u, isRight)) * quads;
  var weight = (group.z * quads * 4u + select(0u, 2u, isLower)) * width + min(quad, width - 1u);
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  var sum4 = vec4<f32>();
  var sum5 = vec4<f32>();
  var sum6 = vec4<f32>();
  var sum7 = vec4<f32>();
  for (var k = 0u; k < quads; k++) {
    let a = patches[patch_];
    let b = patches[patch_ + quads];
    let c = patches[patch_ + 2u * quads];
    let d = patches[patch_ + 3u * quads];
    let v0 = kernel[weight];
    let v1 = kernel[weight + width];
    let ax = quadSwapX(a);
    let bx = quadSwapX(b);
    let cx = quadSwapX(c);
    let dx = quadSwapX(d);
    let v0y = quadSwapY(v0);
    let v1y = quadSwapY(v1);
    let w0 = select(v0, v0y, isLower);
    let w1 = select(v1, v1y, isLower);
    let w2 = select(v0y, v0, isLower);
    let w3 = select(v1y, v1, isLower);
    sum0 = add(sum0, select(a, ax, isRight), w0, w1, w2, w3);
    sum1 = add(sum1, select(b, bx, isRight), w0, w1, w2, w3);
    sum2 = add(sum2, select(c, cx, isRight), w0, w1, w2, w3);
    sum3 = add(sum3, select(d, dx, isRight), w0, w1, w2, w3);
    sum4 = add(sum4, select(ax, a, isRight), w0, w1, w2, w3);
    sum5 = add(sum5, select(bx, b, isRight), w0, w1, w2, w3);
    sum6 = add(sum6, select(cx, c, isRight), w0, w1, w2, w3);
    sum7 = add(sum7, select(dx, d, isRight), w0, w1, w2, w3);
    patch_++;
    weight += 4u * width;
  }
  if (quad >= width) { return; }
  let product = first * width + quad;
  if (row < params.rows) { products[product] = sum0; }
  if (row + 1u < params.rows) { products[product + width] = sum1; }
  if (row + 2u < params.rows) { products[product + 2u * width] = sum2; }
  if (row + 3u < params.rows) { products[product + 3u * width] = sum3; }
  if (row + 4u < params.rows) { products[product + 4u * width] = sum4; }
  if (row + 5u < params.rows) { products[product + 5u * width] = sum5; }
  if (row + 6u < params.rows) { products[product + 6u * width] = sum6; }
  if (row + 7u < params.rows) { products[product + 7u * width] = sum7; }
}
