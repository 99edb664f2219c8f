// sum_parts: output[i] = sum over p of parts[p, i]: the end of a sum that was cut into parts.
// parts [count, size] -> output [size]
// A workgroup computes COLUMNS outputs. SLICES invocations share one: each sums every SLICES-th part, PASS of them at a time, so that memory has
// several numbers to bring at once; then their sums are added pairwise.

struct Params { count: u32, size: u32 }

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const COLUMNS: u32 = 16u;
const SLICES: u32 = 16u;
const PASS: u32 = 4u;
const WORKGROUP_SIZE: u32 = COLUMNS * SLICES;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let index = (group.y * groups.x + group.x) * COLUMNS + lane % COLUMNS;
  var sum = 0.0;
  if (index < params.size) {
    for (var first = lane / COLUMNS; first < params.count; first += PASS * SLICES) {
      for (var i = 0u; i < PASS; i++) {
        let part = first + i * SLICES;
        if (part < params.count) { sum += parts[part * params.size + index]; }
      }
    }
  }
  partial[lane] = sum;
  for (var half = SLICES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half * COLUMNS) { partial[lane] += partial[lane + half * COLUMNS]; }
  }
  if (lane < COLUMNS && index < params.size) { output[index] = partial[lane]; }
}
