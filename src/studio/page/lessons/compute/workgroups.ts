import { spread } from '../../../../kernels/launch.js';

/** How a kernel with one invocation for each output number is started. */
export interface Launch {
  readonly outputs: number;
  readonly workgroupSize: number;
  readonly workgroups: readonly [number, number, number];
  /** Invocations that find nothing to do and return at once. */
  readonly idle: number;
}

export function launchOf(outputs: number, workgroupSize: number): Launch {
  const workgroups = spread(outputs, workgroupSize);
  return { outputs, workgroupSize, workgroups, idle: workgroups[0] * workgroups[1] * workgroups[2] * workgroupSize - outputs };
}

/** Where the invocation that computes output number `index` stands: its workgroup and its place in it. */
export function invocationOf(index: number, workgroupSize: number): { readonly workgroup: number; readonly local: number } {
  return { workgroup: Math.floor(index / workgroupSize), local: index % workgroupSize };
}

/** Bytes that a 3x3 convolution reads for one output number without sharing, and for a square tile of them whose invocations share what they read. */
export function bytesRead(channels: number, tile: number): { readonly alone: number; readonly shared: number } {
  const alone = 4 * 9 * channels * 2;
  const perTile = 4 * channels * ((tile + 2) ** 2 + 9);
  return { alone, shared: perTile / tile ** 2 };
}
