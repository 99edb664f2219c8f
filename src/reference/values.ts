/** Numbers of a tensor on the CPU: float32 as on a GPU, or float64 for finite differences. Integers come as the other two. */
export type Floats = Float32Array | Float64Array;
export type Values = Floats | Uint32Array | Uint8Array;
