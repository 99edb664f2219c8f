import type { Executor } from '../engine/executor.js';
import { openBrowserAdapter } from './browser_adapter.js';
import type { KernelOptions } from './kernel_options.js';
import type { ShaderSource } from './shader.js';
import { Tuner } from './tune.js';

/** Kernels are not tried unless `tune` is true, since a browser keeps no findings: the fastest by design is taken. */
export interface BrowserGpuOptions extends KernelOptions {
  /** The address of the package's folder shaders/, relative to the page, or how else a shader's text is had. */
  readonly shaders: string | URL | ShaderSource;
  /** Told, in a line for people, that the device was lost and opened anew. Default console.warn. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

export interface BrowserGpu {
  readonly executor: Executor;
  /** Whether a CPU does the adapter's work. */
  readonly software: boolean;
}

/** Opens the browser's adapter through navigator.gpu. Throws, saying what is missing, where there is none: nothing is computed elsewhere instead. */
export async function openBrowserGpu({ shaders, onNotice, tune = false, ...kernels }: BrowserGpuOptions): Promise<BrowserGpu> {
  const { executor, adapter } = await openBrowserAdapter({ shaders, onNotice, choose: new Tuner({ ...kernels, tune }).choose });
  return { executor, software: adapter.info.isFallbackAdapter };
}
