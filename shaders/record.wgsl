// record: notes a batch's loss and its count of correct rows, so that the host may read many batches at once, when it wants to.
// loss [1], correct [1] -> history [capacity, 2], row `slot`
// One invocation.

struct Params { slot: u32 }

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read> correct: array<f32>;
@group(0) @binding(2) var<storage, read_write> history: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  history[params.slot * 2u] = loss[0];
  history[params.slot * 2u + 1u] = correct[0];
}
