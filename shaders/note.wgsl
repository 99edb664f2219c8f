// note: what a metric counted of a batch, for the host to read with that of many others.
// counts: `size` elements -> history [capacity, width], row `slot`, from column `offset` on
// One invocation an element.

struct Params { slot: u32, width: u32, offset: u32, size: u32 }

@group(0) @binding(0) var<storage, read> counts: array<f32>;
@group(0) @binding(1) var<storage, read_write> history: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size) { return; }
  history[params.slot * params.width + params.offset + index] = counts[index];
}
