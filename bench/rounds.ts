import { sizeOf } from '../src/engine/shape.js';
import { byteLength } from '../src/engine/tensor.js';
import { openDevice } from '../src/gpu/adapter.js';
import { checkNames, KernelCache } from '../src/gpu/kernel.js';
import type { Step } from '../src/gpu/lower.js';
import { layOutParams } from '../src/gpu/params.js';
import { findAdapter } from '../src/node/adapter.js';
import { shaderFiles } from '../src/node/shaders.js';

/** How a dispatch is spread over a GPU. */
export interface Spread {
  readonly invocations: number;
  /**
   * How often an invocation waits for memory, one time after the other, as far as a compiler can know: once, and once more for each pass of a loop whose length is not
   * written in the shader. Loops of a known length are unrolled, and what they load comes at the same time.
   */
  readonly rounds: number;
}

/** What has the most rounds of an invocation of a workgroup, and how many invocations that has. */
const COUNTER = 'counted';

const LOOP = /for \(var (\w+) = [^;]*; ([^;]*); .*\{/g;

const namesIn = (code: string): readonly string[] => code.match(/\b[A-Za-z_]\w*/g) ?? [];

/** The block whose `{` stands at an index. */
function blockAt(code: string, begin: number): string {
  let depth = 0;
  let end = begin;
  do {
    if (code[end] === '{') depth++;
    if (code[end] === '}') depth--;
    end++;
  } while (depth > 0);
  return code.slice(begin, end);
}

/** Names of what is in memory, and of the functions that read it. */
function loadersOf(code: string): ReadonlySet<string> {
  const loads = new Set([...code.matchAll(/var<storage[^>]*> (\w+):/g)].map(match => match[1]!));
  for (const { 1: name, index, 0: head } of code.matchAll(/^fn (\w+)\([^{]*\{/gm)) {
    if (namesIn(blockAt(code, index + head.length - 1)).some(each => loads.has(each))) loads.add(name!);
  }
  return loads;
}

/** A shader that also notes how many invocations it has, and the most passes that one makes of loops that load, and whose length the text does not say. */
export function countingRounds(source: string): string {
  const code = source.replace(/\/\/.*$/gm, '');
  const known = new Set([...code.matchAll(/^const (\w+):/gm)].map(match => match[1]!));
  const loads = loadersOf(code);
  const counted = code.replace(LOOP, (loop, variable: string, condition: string, at: number) => {
    const isKnown = namesIn(condition).every(name => name === variable || known.has(name));
    const body = blockAt(code, at + loop.indexOf('{'));
    if (isKnown || !namesIn(body).some(name => loads.has(name))) return loop;
    return loop.replace('{', '{ rounds++; ');
  });
  const [head, stage, parameters] = /(@compute [^{]*?)fn main\(([^{]*)\) \{/.exec(counted)!;
  const names = [...parameters!.matchAll(/(\w+): vec3<u32>|(\w+): u32/g)].map(match => match[1] ?? match[2]);
  const binding = Math.max(...[...code.matchAll(/@binding\((\d+)\)/g)].map(match => Number(match[1]))) + 1;
  const work = `fn work(${parameters!.replace(/@builtin\(\w+\) /g, '')}) {`;
  return `${counted.replace(head!, work)}
@group(0) @binding(${binding}) var<storage, read_write> ${COUNTER}: array<atomic<u32>>;
var<private> rounds: u32 = 1u;
${stage}fn main(${parameters}) {
  work(${names.join(', ')});
  atomicMax(&${COUNTER}[0], rounds);
  atomicAdd(&${COUNTER}[1], 1u);
}
`;
}

/**
 * Runs the first workgroup of each dispatch, whose tensors are 0, and says how each is spread. Workgroups of a dispatch are taken to be alike, and a loop's length not
 * to be a matter of what tensors hold. `scalars`: what a run sets.
 */
export async function spreadsOf(steps: readonly Step[], scalars: Readonly<Record<string, number>>): Promise<readonly Spread[]> {
  const { adapter } = await findAdapter();
  const { device, traits } = await openDevice(adapter);
  const kernels = new KernelCache(device, async name => countingRounds(await shaderFiles(name)), traits.pinnedSubgroupSize);
  const spreads: Spread[] = [];
  for (const step of steps) spreads.push(await spreadOf(step, scalars, device, kernels));
  device.destroy();
  return spreads;
}

async function spreadOf(step: Step, scalars: Readonly<Record<string, number>>, device: GPUDevice, kernels: KernelCache): Promise<Spread> {
  const { shader: name, bindings, constants = {}, workgroups } = step.dispatch;
  const { shader, pipeline, layout } = await kernels.kernel(name, constants);
  const counter = device.createBuffer({ size: 8, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const buffers = [counter];
  const entries = shader.bindings.map(({ name: binding, index, access }) => {
    if (binding === COUNTER) return { binding: index, resource: { buffer: counter } };
    const usage = access === 'uniform' ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
    const buffer = device.createBuffer({ size: byteLength(bindings[binding]!), usage });
    buffers.push(buffer);
    return { binding: index, resource: { buffer } };
  });
  if (shader.params) {
    const { index, fields } = shader.params;
    const view = new DataView(new ArrayBuffer(16 * Math.ceil(fields.length / 4)));
    const dynamic = layOutParams(step, fields, view, 0, ({ declared, given }) => checkNames(shader, 'Params', declared, given));
    for (const { offset, scalar } of dynamic) view.setUint32(offset, scalars[scalar] ?? 0, true);
    const buffer = device.createBuffer({ size: view.byteLength, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(buffer, 0, view.buffer);
    buffers.push(buffer);
    entries.push({ binding: index, resource: { buffer } });
  }
  const result = device.createBuffer({ size: 8, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(counter, 0, result, 0, 8);
  device.queue.submit([encoder.finish()]);
  await result.mapAsync(GPUMapMode.READ);
  const [rounds, invocations] = new Uint32Array(result.getMappedRange().slice(0)) as unknown as [number, number];
  for (const buffer of [...buffers, result]) buffer.destroy();
  return { invocations: sizeOf(workgroups) * invocations, rounds };
}
