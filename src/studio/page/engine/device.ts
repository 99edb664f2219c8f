import type { Executor } from '../../../engine/executor.js';
import { openBrowserGpu } from '../../../gpu/browser.js';
import { pageShaders, sourceOf } from './shaders.js';

interface Found {
  readonly isThere: boolean;
  readonly adapter?: GPUAdapter;
  /** Whether a CPU does the adapter's work. */
  readonly isSoftware: boolean;
  /** Why there is none, and what to enable. */
  readonly trouble?: string;
}

const ENABLE =
  'Chrome and Edge have WebGPU from version 113 on (on Linux behind chrome://flags/#enable-unsafe-webgpu), Safari from 26, Firefox from 141 on Windows.';

let search: Promise<Found> | undefined;

/** Whether the browser has an adapter, or why not. Asked once. */
export function findAdapter(): Promise<Found> {
  search ??= (async (): Promise<Found> => {
    const none = { isThere: false, isSoftware: false };
    if (!('gpu' in navigator) || !navigator.gpu) return { ...none, trouble: `This browser has no WebGPU here. ${ENABLE}` };
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { ...none, trouble: `This browser's WebGPU finds no adapter. ${ENABLE}` };
    const { isFallbackAdapter, architecture, vendor } = adapter.info;
    return { isThere: true, adapter, isSoftware: isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${vendor} ${architecture}`) };
  })();
  return search;
}

let opened: Promise<Executor> | undefined;

/** The engine on the browser's adapter, with the shader files that Node reads too. Variants are not timed here. */
export function openExecutor(): Promise<Executor> {
  opened ??= pageShaders()
    .then(shaders => openBrowserGpu({ shaders: sourceOf(shaders) }))
    .then(({ executor }) => executor);
  opened.catch(() => {
    opened = undefined;
  });
  return opened;
}
