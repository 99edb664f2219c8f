import type { Executor } from '../engine/executor.js';
import { describeAdapter, openDevice, reopenDevice } from './adapter.js';
import { GpuExecutor } from './executor.js';
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

/** Reads NAME.wgsl below an address. */
export function fetchShaders(folder: string | URL): ShaderSource {
  const base = new URL(`${folder}`.replace(/\/?$/, '/'), location.href);
  return async name => {
    const address = new URL(`${name}.wgsl`, base);
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address} cannot be read: the server answers ${response.status}`);
    return response.text();
  };
}

/** Opens the browser's adapter through navigator.gpu. Throws, saying what is missing, where there is none: nothing is computed elsewhere instead. */
export async function openBrowserGpu({ shaders, onNotice, tune = false, ...kernels }: BrowserGpuOptions): Promise<BrowserGpu> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) throw new Error('no WebGPU: this browser has no navigator.gpu here (it is there on https pages and on localhost only)');
  const request = async (): Promise<GPUAdapter> => {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new Error('no WebGPU adapter: navigator.gpu finds none');
    return adapter;
  };
  const adapter = await request();
  const { device, traits } = await openDevice(adapter);
  const executor = new GpuExecutor({
    device,
    traits,
    description: describeAdapter(adapter.info),
    shaders: typeof shaders === 'function' ? shaders : fetchShaders(shaders),
    choose: new Tuner({ ...kernels, tune }).choose,
    reopen: async () => reopenDevice(await request(), adapter),
    onNotice,
  });
  return { executor, software: adapter.info.isFallbackAdapter };
}
