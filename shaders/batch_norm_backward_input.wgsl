// batch_norm backward, the input's: dInput = gamma / sqrt(variance + epsilon) * (dOutput - (dBeta + x * dGamma) / n), x = (input - mean) / sqrt(variance + epsilon).
// input and dOutput [batch, places, channels], the others [channels] -> dInput [batch, places, channels]
// Forward was: output = gamma * x + beta, mean and variance those of the n places of the first `rows` rows. The other rows are in no mean: of them nothing is
// taken away. One invocation an element.

struct Params { batch: u32, places: u32, channels: u32, rows: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read> dOutput: array<f32>;
@group(0) @binding(5) var<storage, read> dGamma: array<f32>;
@group(0) @binding(6) var<storage, read> dBeta: array<f32>;
@group(0) @binding(7) var<storage, read_write> dInput: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WORKGROUP_SIZE + id.x;
  if (index >= params.batch * params.places * params.channels) { return; }
  let c = index % params.channels;
  let count = min(params.rows, params.batch) * params.places;
  let inverse = 1.0 / sqrt(variance[c] + params.epsilon);
  let x = (input[index] - mean[c]) * inverse;
  let through = select(0.0, (dBeta[c] + x * dGamma[c]) / f32(count), index < count * params.channels);
  dInput[index] = gamma[c] * inverse * (dOutput[index] - through);
}
