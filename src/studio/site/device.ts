import { openBrowserGpu } from '../../gpu/browser.js';
import type { ShaderSource } from '../../gpu/shader.js';
import { ReferenceExecutor } from '../../reference/executor.js';
import type { OpenedExecutor } from '../../run/opened.js';

/** Adapters that a CPU does the work of, by how they describe themselves. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** What computes in a browser's worker: its GPU, or where it has none, the CPU reference, which says so. */
export async function openDevice(shaders: ShaderSource): Promise<OpenedExecutor> {
  const listeners: ((message: string) => void)[] = [];
  const rest = {
    findings: async () => undefined,
    onNotice: (listener: (message: string) => void) => void listeners.push(listener),
    untuned: <T>(work: () => Promise<T>) => work(),
  };
  if (!(await navigator.gpu?.requestAdapter())) {
    const executor = new ReferenceExecutor();
    return {
      ...rest,
      executor,
      machine: { description: 'the CPU reference, fit for small networks: this browser has no WebGPU', software: true },
    };
  }
  const onNotice = (message: string): void => {
    for (const listener of listeners) listener(message);
  };
  const { executor, software } = await openBrowserGpu({ shaders, onNotice });
  const { description } = executor;
  return { ...rest, executor, machine: { description, software: software || SOFTWARE.test(description) } };
}
