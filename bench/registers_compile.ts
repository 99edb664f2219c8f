import { writeSync } from 'node:fs';
import { openDevice } from '../src/gpu/adapter.js';
import { parseShader, type Shader, specialize } from '../src/gpu/shader.js';
import { kernelsOf } from '../src/kernels/index.js';
import { scratchFor } from '../src/kernels/variant.js';
import { shaderFiles } from '../src/node/shaders.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { stepNodes } from './step_nodes.js';

export interface CompiledKernel {
  readonly op: string;
  readonly variant: string;
  readonly madeFor: string;
  readonly shader: string;
  readonly constants: Readonly<Record<string, number>>;
  readonly workgroups: readonly number[];
}

/**
 * Compiles every kernel of a step for a device that only compiles: what its driver says of each follows a line on stderr. Such a device is lost as soon as
 * anything is submitted, or waited for: what needs waiting comes first.
 */
async function compileAll(batch: number): Promise<void> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const nodes = await stepNodes(new ReferenceExecutor(), batch);
  const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter?.info.description.startsWith('radv')) throw new Error(`found ${adapter?.info.description ?? 'no adapter'}, wanted radv`);
  const shaders = new Map<string, Shader>();
  const { device, traits } = await openDevice(adapter);
  const kernels = new Map<string, CompiledKernel>();
  for (const node of nodes) {
    for (const variant of kernelsOf(node)) {
      if (!variant.supports(traits)) continue;
      for (const { shader, constants = {}, workgroups } of variant.dispatches(scratchFor(node), traits)) {
        const { name, madeFor } = variant;
        kernels.set(`${shader} ${JSON.stringify(constants)}`, { op: node.op, variant: name, madeFor, shader, constants, workgroups });
      }
    }
  }
  const names = new Set([...kernels.values()].map(({ shader }) => shader));
  for (const name of names) shaders.set(name, parseShader(name, await shaderFiles(name)));
  writeSync(1, adapter.info.description);
  for (const kernel of kernels.values()) {
    const code = specialize(shaders.get(kernel.shader)!, kernel.constants, traits.pinnedSubgroupSize);
    // bench/registers.ts reads the driver's words from one such line to the next.
    writeSync(2, `\n@@ wgrad ${JSON.stringify(kernel)}\n`);
    device.createComputePipeline({ layout: 'auto', compute: { module: device.createShaderModule({ code }), entryPoint: 'main' } });
  }
  process.exit(0);
}

await compileAll(Number(process.argv[2]));
