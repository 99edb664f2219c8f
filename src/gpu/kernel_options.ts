/** How the kernels of a plan are chosen. */
export interface KernelOptions {
  /** Take this variant wherever an adapter supports it, without trying any. */
  readonly variant?: string | undefined;
  /** Whether to try variants; if not, that of the highest rank that the adapter supports is taken, of those that are made for its driver. Default true. */
  readonly tune?: boolean | undefined;
  /** Told of each kernel that is tried: how many of how many are done, and which comes next. */
  readonly onProgress?: ((done: number, total: number, label: string) => void) | undefined;
  /** Told of variants that compute something else than the naive one, or don't compile. */
  readonly onWrong?: ((message: string) => void) | undefined;
}
