// record: notes a batch's loss and its count of correct rows, so that the host may read many batches at once, when it wants to, and says whether the
// optimizer may make a step of it.
// loss [1], correct [1] -> history [capacity, width], the first columns of row `slot`; gate [1]: the loss, or infinity where it is not finite or an earlier step had a fault.
// faults [places]: 0, or the slot + 1 of the training step in which the loss (place 0) or an update (the other places) was first not finite.
// Once there is one, no later step changes anything: the host, which reads late, finds the weights that the faulty step met or left.
// One invocation.

struct Params { slot: u32, width: u32, places: u32, training: u32 }

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read> correct: array<f32>;
@group(0) @binding(2) var<storage, read_write> gate: array<u32>;
@group(0) @binding(3) var<storage, read_write> history: array<f32>;
@group(0) @binding(4) var<storage, read_write> faults: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

const INFINITY_BITS: u32 = 0x7f800000u;

@compute @workgroup_size(1)
fn main() {
  history[params.slot * params.width] = loss[0];
  history[params.slot * params.width + 1u] = correct[0];
  var faulty = false;
  for (var place = 0u; place < params.places; place++) { faulty = faulty || faults[place] != 0u; }
  // By its bits: WGSL lets a compiler assume that no float is infinite or NaN.
  let bits = bitcast<u32>(loss[0]);
  let finite = (bits & INFINITY_BITS) != INFINITY_BITS;
  if (!finite && !faulty && params.training == 1u) { faults[0] = params.slot + 1u; }
  gate[0] = select(INFINITY_BITS, bits, finite && !faulty);
}
