import { writeSync } from 'node:fs';
import { openDevice } from '../src/gpu/adapter.js';
import { parseShader, type Shader, specialize } from '../src/gpu/shader.js';
import { shaderFiles, shaderNames } from '../src/node/shaders.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { compiledKernels } from './compiled_kernels.js';
import { stepNodes } from './step_nodes.js';

/**
 * Compiles every kernel for a device that only compiles: what its driver says of each follows a line on stderr. Such a device is lost as soon as
 * anything is submitted, or waited for: what needs waiting comes first.
 */
async function compileAll(batch: number): Promise<void> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const nodes = await stepNodes(new ReferenceExecutor(), batch);
  const shaders = new Map<string, Shader>();
  for (const name of await shaderNames()) shaders.set(name, parseShader(name, await shaderFiles(name)));
  const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter?.info.description.startsWith('radv')) throw new Error(`found ${adapter?.info.description ?? 'no adapter'}, wanted radv`);
  const { device, traits } = await openDevice(adapter);
  const kernels = compiledKernels(nodes, traits);
  writeSync(1, adapter.info.description);
  for (const kernel of kernels) {
    const code = specialize(shaders.get(kernel.shader)!, kernel.constants, traits.pinnedSubgroupSize);
    // bench/registers.ts reads the driver's words from one such line to the next.
    writeSync(2, `\n@@ wgrad ${JSON.stringify(kernel)}\n`);
    device.createComputePipeline({ layout: 'auto', compute: { module: device.createShaderModule({ code }), entryPoint: 'main' } });
  }
  process.exit(0);
}

await compileAll(Number(process.argv[2]));
