import { type Field, parseShader, type Shader, type ShaderSource, specialize } from './shader.js';

/** A shader compiled with its constants. */
export interface Kernel {
  readonly shader: Shader;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const BUFFER_TYPES = { read: 'read-only-storage', read_write: 'storage', uniform: 'uniform' } as const;

/** Compiles shaders, each text once; compilations run side by side. */
export class KernelCache {
  readonly #device: GPUDevice;
  readonly #source: ShaderSource;
  readonly #subgroupSize: number;
  readonly #shaders = new Map<string, Promise<Shader>>();
  readonly #kernels = new Map<string, Promise<Kernel>>();

  /** `subgroupSize`: what kernels that use subgroups ask for; 0 where they need not. */
  constructor(device: GPUDevice, source: ShaderSource, subgroupSize: number) {
    this.#device = device;
    this.#source = source;
    this.#subgroupSize = subgroupSize;
  }

  /** The shader shaders/<name>.wgsl. */
  shader(name: string): Promise<Shader> {
    let shader = this.#shaders.get(name);
    if (!shader) {
      shader = this.#source(name).then(source => parseShader(name, source));
      this.#shaders.set(name, shader);
    }
    return shader;
  }

  /** The pipeline of a shader with some constants set. */
  async kernel(name: string, constants: Readonly<Record<string, number>> = {}): Promise<Kernel> {
    const shader = await this.shader(name);
    const key = `${name} ${JSON.stringify(constants)}`;
    let kernel = this.#kernels.get(key);
    if (!kernel) {
      kernel = this.#compile(shader, specialize(shader, constants, this.#subgroupSize));
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }

  async #compile(shader: Shader, code: string): Promise<Kernel> {
    const device = this.#device;
    const label = shader.name;
    const entries = shader.bindings.map(({ index, access }) => ({
      binding: index,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: BUFFER_TYPES[access] },
    }));
    if (shader.params) entries.push({ binding: shader.params.index, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } });
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label, code });
    const layout = device.createBindGroupLayout({ label, entries });
    const pipelineLayout = device.createPipelineLayout({ label, bindGroupLayouts: [layout] });
    const scope = device.popErrorScope();
    // Nobody may come to wait for it, where something else fails first.
    scope.catch(() => {});
    const { messages } = await module.getCompilationInfo();
    const errors = messages.filter(message => message.type === 'error');
    if (errors.length > 0) {
      const lines = errors.map(({ lineNum, linePos, message }) => `shaders/${shader.name}.wgsl:${lineNum}:${linePos}: ${message}`);
      throw new Error(lines.join('\n'));
    }
    const error = await scope;
    if (error) throw new Error(`shaders/${shader.name}.wgsl: ${error.message}`);
    try {
      const pipeline = await device.createComputePipelineAsync({ label, layout: pipelineLayout, compute: { module, entryPoint: 'main' } });
      return { shader, pipeline, layout };
    } catch (cause) {
      throw new Error(`shaders/${shader.name}.wgsl does not compile for this adapter: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Writes a field of Params where `view` begins. */
export function setField(view: DataView, offset: number, { type }: Field, value: number): void {
  if (type === 'f32') view.setFloat32(offset, value, true);
  else if (type === 'u32') view.setUint32(offset, value, true);
  else view.setInt32(offset, value, true);
}

/** Throws unless the names given are exactly the names that the shader declares. */
export function checkNames(shader: Shader, what: string, declared: readonly string[], given: readonly string[]): void {
  const missing = declared.filter(name => !given.includes(name));
  const unknown = given.filter(name => !declared.includes(name));
  if (missing.length + unknown.length === 0) return;
  const parts = [
    missing.length > 0 && `not given: ${missing.join(', ')}`,
    unknown.length > 0 && `not in the shader: ${unknown.join(', ')}`,
  ];
  throw new Error(`shaders/${shader.name}.wgsl: its ${what} are ${declared.join(', ') || 'none'}; ${parts.filter(Boolean).join('; ')}`);
}
