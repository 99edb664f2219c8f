// assign: a variable becomes a value: variable = value, `size` elements each; loss [1]; faults: see record.wgsl
// For what a layer keeps from step to step and no gradient changes. A step whose loss is not finite changes nothing; a value that is not finite notes its
// slot + 1 at the variable's `place` of the faults. One invocation an element.

struct Params { size: u32, place: u32, slot: u32 }

@group(0) @binding(0) var<storage, read> value: array<f32>;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> variable: array<f32>;
@group(0) @binding(3) var<storage, read_write> faults: array<atomic<u32>>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

// By its bits: WGSL lets a compiler assume that no float is infinite or NaN.
fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.size || !is_finite(loss[0])) { return; }
  variable[index] = value[index];
  if (!is_finite(value[index])) { atomicStore(&faults[params.place], params.slot + 1u); }
}
