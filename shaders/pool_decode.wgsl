// pool_decode: the gradient of a whole map from that of its 2x2 max pooling after relu: a window's gradient goes to its winner, if it is not dead.
// dOutput [batch, pooledHeight, pooledWidth, filters], codes [batch, pooledHeight, pooledWidth, ceil(filters / 8)] (see pool_encode.wgsl)
//   -> dMap [batch, outputHeight, outputWidth, filters]; a last row or column that no window covers gets 0
// One invocation an element of the map, filters fastest.

struct Params { batch: u32, outputHeight: u32, outputWidth: u32, pooledHeight: u32, pooledWidth: u32, filters: u32 }

@group(0) @binding(0) var<storage, read> dOutput: array<f32>;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read_write> dMap: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.outputHeight * params.outputWidth * params.filters) { return; }
  let f = index % params.filters;
  let x = index / params.filters % params.outputWidth;
  let y = index / (params.filters * params.outputWidth) % params.outputHeight;
  let n = index / (params.filters * params.outputWidth * params.outputHeight);
  var gradient = 0.0;
  if (y / 2u < params.pooledHeight && x / 2u < params.pooledWidth) {
    let position = (n * params.pooledHeight + y / 2u) * params.pooledWidth + x / 2u;
    let word = codes[position * ((params.filters + 7u) / 8u) + f / 8u];
    if (extractBits(word, 4u * (f % 8u), 4u) == y % 2u * 2u + x % 2u) { gradient = dOutput[position * params.filters + f]; }
  }
  dMap[index] = gradient;
}
