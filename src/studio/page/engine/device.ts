import type { Executor } from '../../../engine/executor.js';
import { describeAdapter, openDevice } from '../../../gpu/adapter.js';
import { GpuExecutor } from '../../../gpu/executor.js';
import { Tuner } from '../../../gpu/tune.js';
import { ROUTES } from '../../protocol.js';
import { address } from '../state/api.js';

interface Found {
  readonly adapter?: GPUAdapter;
  readonly isSoftware: boolean;
  /** Why there is none, and what to enable. */
  readonly trouble?: string;
}

const ENABLE =
  'Chrome and Edge have WebGPU from version 113 on (on Linux behind chrome://flags/#enable-unsafe-webgpu), Safari from 26, Firefox from 141 on Windows.';

let search: Promise<Found> | undefined;

/** The browser's adapter, or why it gives none. Asked once. */
export function findAdapter(): Promise<Found> {
  search ??= (async (): Promise<Found> => {
    if (!('gpu' in navigator) || !navigator.gpu) {
      return { isSoftware: false, trouble: `This browser has no WebGPU here, so the Node process computes. ${ENABLE}` };
    }
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { isSoftware: false, trouble: `This browser's WebGPU finds no adapter, so the Node process computes. ${ENABLE}` };
    const { isFallbackAdapter, architecture, vendor } = adapter.info;
    return { adapter, isSoftware: isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${vendor} ${architecture}`) };
  })();
  return search;
}

let opened: Promise<Executor> | undefined;

/** The engine on the browser's adapter, with the shader files that Node reads too. Variants are not timed here. */
export function openExecutor(): Promise<Executor> {
  opened ??= (async () => {
    const { adapter, trouble } = await findAdapter();
    if (!adapter) throw new Error(trouble);
    const { device, traits } = await openDevice(navigator.gpu, adapter);
    const shaders = async (name: string): Promise<string> => {
      const response = await fetch(address(`${ROUTES.shaderText}${name}.wgsl`));
      if (!response.ok) throw new Error(`shaders/${name}.wgsl: the server answers ${response.status}`);
      return response.text();
    };
    const description = `${describeAdapter(adapter.info)}, in this browser`;
    return new GpuExecutor({ device, traits, description, shaders, choose: new Tuner({ tune: false }).choose });
  })();
  opened.catch(() => {
    opened = undefined;
  });
  return opened;
}
