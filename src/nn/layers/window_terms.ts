/** Which outputs of an axis have the input place `at` in their window: [first, last], and at which place of the window. */
export function covering(
  at: number,
  window: number,
  stride: number,
  pad: number,
  outputs: number,
): { readonly output: number; readonly tap: number }[] {
  const found: { output: number; tap: number }[] = [];
  for (let output = Math.max(Math.ceil((at + pad - window + 1) / stride), 0); output < outputs && output * stride <= at + pad; output++) {
    found.push({ output, tap: at + pad - output * stride });
  }
  return found;
}
