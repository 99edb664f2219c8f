// bias backward from the gradient of the pooled map: dBias[f] = sum over windows of dOutput[window, f] where the window is not dead.
// dOutput [windows, filters], codes [windows, ceil(filters / 8)] (see pool_encode.wgsl) -> dBias [filters]
// One workgroup a filter: its invocations sum strided windows, then the partial sums are added pairwise.

struct Params { windows: u32, filters: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read_write> dBias: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let f = group.y * groups.x + group.x;
  let words = (params.filters + 7u) / 8u;
  var sum = 0.0;
  if (f < params.filters) {
    for (var window = lane; window < params.windows; window += WORKGROUP_SIZE) {
      let code = extractBits(codes[window * words + f / 8u], 4u * (f % 8u), 4u);
      if (code < 4u) { sum += dOutput[window * params.filters + f]; }
    }
  }
  partial[lane] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { partial[lane] += partial[lane + half]; }
  }
  if (lane == 0u && f < params.filters) { dBias[f] = partial[0]; }
}
