import { describeAdapter, openDevice, reopenDevice } from './adapter.js';
import { GpuExecutor, type GpuOptions } from './executor.js';
import type { ShaderSource } from './shader.js';

/** Options of the executor; `shaders` may also be the address of the package's folder shaders/. */
export interface BrowserAdapterOptions extends Pick<GpuOptions, 'choose' | 'guardBytes' | 'onNotice'> {
  readonly shaders: string | URL | ShaderSource;
}

/** An adapter of the browser, opened. */
export interface OpenBrowserAdapter {
  readonly executor: GpuExecutor;
  readonly adapter: GPUAdapter;
}

/** Finds the browser's adapter. Throws, saying what is missing, where there is none. */
export async function requestBrowserAdapter(): Promise<GPUAdapter> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) throw new Error('no WebGPU: this browser has no navigator.gpu here (it is there on https pages and on localhost only)');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('no WebGPU adapter: navigator.gpu finds none');
  return adapter;
}

/** Opens the browser's adapter. Its clock is taken to be coarse: Chrome rounds timestamps to 0.1 ms. */
export async function openBrowserAdapter({ shaders, ...options }: BrowserAdapterOptions): Promise<OpenBrowserAdapter> {
  const adapter = await requestBrowserAdapter();
  const { device, traits } = await openDevice(adapter);
  const executor = new GpuExecutor({
    device,
    traits,
    description: describeAdapter(adapter.info),
    shaders: typeof shaders === 'function' ? shaders : fetchShaders(shaders),
    coarseClock: true,
    reopen: async () => reopenDevice(await requestBrowserAdapter(), adapter),
    ...options,
  });
  return { executor, adapter };
}

/** Reads NAME.wgsl below an address. */
function fetchShaders(folder: string | URL): ShaderSource {
  const base = new URL(`${folder}`.replace(/\/?$/, '/'), location.href);
  return async name => {
    const address = new URL(`${name}.wgsl`, base);
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address} cannot be read: the server answers ${response.status}`);
    return response.text();
  };
}
