// moving_average: moved = keep * moving + (1 - keep) * value, [size] each; isUnbiased: value, a variance of n numbers, times n / (n - 1) first.
// n = `places` of each of the batch's first `rows` rows; of one number, the variance stays. One invocation an element.

struct Params { size: u32, keep: f32, batch: u32, places: u32, rows: u32, isUnbiased: u32 }

@group(0) @binding(0) var<storage, read> moving: array<f32>;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read_write> moved: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  let count = min(params.rows, params.batch) * params.places;
  let correction = select(1.0, f32(count) / f32(max(count, 2u) - 1u), params.isUnbiased == 1u);
  moved[index] = params.keep * moving[index] + (1.0 - params.keep) * value[index] * correction;
}
