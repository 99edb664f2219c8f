import type { Executor } from '../engine/executor.js';
import type { KernelOptions } from '../gpu/kernel_options.js';
import { Tuner } from '../gpu/tune.js';
import { openAdapter } from './adapter.js';
import { TuneFile } from './tune_store.js';

// The package's users see this file's types: they name nothing of WebGPU, whose types not every project has.

export interface OpenGpuOptions extends KernelOptions {
  /**
   * Which adapter: 'swiftshader', 'lavapipe', or a part of the name of one that the system has. Without it: the system's hardware adapter, else its
   * software one, else lavapipe from `wgrad setup`, else the bundled SwiftShader.
   */
  readonly adapter?: string | undefined;
  /** Told, in a line for people, that a device was lost and opened anew. Default console.warn. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

export interface OpenGpu {
  /** For `compile({ executor })`: models may share it. Its close() frees the adapter. */
  readonly executor: Executor;
  /** Whether a CPU does the adapter's work. */
  readonly software: boolean;
}

/** Opens an adapter, whose kernels are tried on first use and what was found kept for later runs. Throws, naming what was looked for, where there is none. */
export function openGpu({ adapter, onNotice, ...kernels }: OpenGpuOptions = {}): Promise<OpenGpu> {
  return openAdapter({ adapter, onNotice, choose: new Tuner({ ...kernels, store: new TuneFile() }).choose });
}

/** The executor that a model gets which is compiled without one. */
export async function defaultGpu(): Promise<Executor> {
  return (await openGpu()).executor;
}
