// sum_two_parts: sum_parts.wgsl for two tensors of as many parts: output[i] = sum over p of parts[p, i], other[i] = sum over p of otherParts[p, i].
// parts [count, size], otherParts [count, otherSize] -> output [size], other [otherSize]
// The columns of both stand in a row, those of `other` last. For the rest as sum_parts.wgsl.

struct Params { count: u32, size: u32, otherSize: u32 }

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read> otherParts: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<storage, read_write> other: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const COLUMNS: u32 = 16u;
const SLICES: u32 = 16u;
const PASS: u32 = 4u;
const WORKGROUP_SIZE: u32 = COLUMNS * SLICES;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let index = (group.y * groups.x + group.x) * COLUMNS + lane % COLUMNS;
  // Columns before the first of `other` wrap to huge numbers.
  let otherIndex = index - params.size;
  var sum = 0.0;
  for (var first = lane / COLUMNS; first < params.count; first += PASS * SLICES) {
    for (var i = 0u; i < PASS; i++) {
      let part = first + i * SLICES;
      if (part >= params.count) { break; }
      if (index < params.size) { sum += parts[part * params.size + index]; }
      if (otherIndex < params.otherSize) { sum += otherParts[part * params.otherSize + otherIndex]; }
    }
  }
  partial[lane] = sum;
  for (var half = SLICES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half * COLUMNS) { partial[lane] += partial[lane + half * COLUMNS]; }
  }
  if (lane < COLUMNS) {
    if (index < params.size) { output[index] = partial[lane]; }
    if (otherIndex < params.otherSize) { other[otherIndex] = partial[lane]; }
  }
}
