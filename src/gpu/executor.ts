import { type Executor, TooLargeError } from '../engine/executor.js';
import type { BoundVariant, Node } from '../engine/graph.js';
import type { AdapterTraits } from '../engine/op.js';
import { assignSlots, type Lifetime, type Plan } from '../engine/plan.js';
import { formatShape, sizeOf } from '../engine/shape.js';
import { byteLength, type NumberArray, type Tensor, type Variable } from '../engine/tensor.js';
import { Arena } from './arena.js';
import { type Command, type DynamicField, GpuExecutable, viewAs } from './executable.js';
import { checkNames, KernelCache, setField } from './kernel.js';
import { lifetimes, lower, type Step } from './lower.js';
import { Pacer } from './pacer.js';
import type { ShaderSource } from './shader.js';

/** Chooses how each node of a plan is computed, before any of them is made ready. */
export type Chooser = (nodes: readonly Node[], gpu: GpuExecutor) => Promise<(node: Node) => BoundVariant>;

export interface GpuOptions {
  readonly device: GPUDevice;
  readonly traits: AdapterTraits;
  /** Adapter and driver, for people and for result files. */
  readonly description: string;
  readonly shaders: ShaderSource;
  readonly choose: Chooser;
  /** Bytes of guard band behind each tensor, for tests: then no two tensors share a buffer. Default 0. */
  readonly guardBytes?: number;
  /** A smaller limit of what a kernel may bind than the adapter's, for tests. */
  readonly maxBindingBytes?: number;
}

/** Bytes after which a Params struct may begin. */
const PARAMS_ALIGNMENT = 256;

/** What guard bands hold: as float32 a number that no kernel computes by chance. */
const GUARD = 0xa5;

/** Computes plans with the kernels in shaders/. */
export class GpuExecutor implements Executor {
  readonly description: string;
  readonly traits: AdapterTraits;
  readonly kernels: KernelCache;
  readonly arena: Arena;
  readonly #device: GPUDevice;
  readonly #pacer: Pacer;
  /** How each of these nodes is computed here. */
  readonly choose: (nodes: readonly Node[]) => Promise<(node: Node) => BoundVariant>;
  readonly #guardBytes: number;
  readonly #variables = new Map<Variable, GPUBuffer>();
  #failure: string | undefined;
  #closed = false;

  constructor({ device, traits, description, shaders, choose, guardBytes = 0, maxBindingBytes = traits.maxBindingBytes }: GpuOptions) {
    this.description = description;
    this.traits = { ...traits, maxBindingBytes };
    this.#device = device;
    this.choose = nodes => choose(nodes, this);
    this.#guardBytes = guardBytes;
    this.kernels = new KernelCache(device, shaders);
    this.arena = new Arena(device);
    this.#pacer = new Pacer(device, this.arena);
    device.onuncapturederror = ({ error }) => {
      this.#failure ??= error.message;
    };
    void device.lost.then(({ message }) => {
      if (!this.#closed) this.#failure ??= `the device was lost: ${message}`;
    });
  }

  allocate(variable: Variable): void {
    this.#variables.set(variable, this.#guarded(variable.name, byteLength(variable)));
  }

  free(variable: Variable): void {
    this.arena.destroy(this.#bufferOf(variable));
    this.#variables.delete(variable);
  }

  write(variable: Variable, data: NumberArray): void {
    if (data.length !== sizeOf(variable.shape)) {
      throw new Error(`write: '${variable.name}' has shape ${formatShape(variable.shape)}, ${data.length} numbers were given`);
    }
    this.#device.queue.writeBuffer(this.#bufferOf(variable), 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }

  async read(variable: Variable): Promise<NumberArray> {
    const bytes = await this.#pacer.read(this.#bufferOf(variable), byteLength(variable));
    this.#check();
    return viewAs(variable, bytes);
  }

  fits({ nodes }: Plan): boolean {
    const unlimited = { ...this.traits, maxBindingBytes: Infinity };
    return nodes.every(({ variants: [naive, ...others] }) => {
      const suiting = others.filter(variant => !variant.isFallback && variant.supports(unlimited));
      return (suiting.length > 0 ? suiting : [naive!]).every(variant => variant.supports(this.traits));
    });
  }

  runs({ nodes }: Plan): boolean {
    return nodes.every(node => this.#computes(node));
  }

  /** `variantOf` overrides how nodes are computed: for checks and benchmarks of one variant. */
  async prepare(plan: Plan, variantOf?: (node: Node) => BoundVariant): Promise<GpuExecutable> {
    const unfit = plan.nodes.find(node => !this.#computes(node));
    if (unfit) {
      throw new TooLargeError(
        `${unfit.op} (in '${unfit.scope}') needs larger buffers or more workgroups than ${this.description} binds or starts at once: use smaller images`,
      );
    }
    const steps = lower(plan, variantOf ?? (await this.choose(plan.nodes)), this.traits);
    const kernels = await Promise.all(steps.map(({ dispatch }) => this.kernels.kernel(dispatch.shader, dispatch.constants)));
    const { buffers, release } = this.#place(lifetimes(plan, steps));
    const params = new ArrayBuffer(PARAMS_ALIGNMENT * steps.length);
    const paramsBuffer = this.arena.buffer('params', params.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    const dynamic: DynamicField[] = [];
    const commands = steps.map((step, i): Command => {
      const kernel = kernels[i]!;
      const offset = i * PARAMS_ALIGNMENT;
      dynamic.push(
        ...layOutParams(step, kernel.shader.params?.fields ?? [], new DataView(params), offset, names =>
          checkNames(kernel.shader, 'Params', names.declared, names.given),
        ),
      );
      return { step, kernel, bindGroup: this.#bind(step, kernel, buffers, paramsBuffer, offset) };
    });
    return new GpuExecutable({
      device: this.#device,
      arena: this.arena,
      pacer: this.#pacer,
      plan,
      commands,
      params: { buffer: paramsBuffer, data: params, dynamic },
      buffers,
      release,
      check: () => this.#check(),
    });
  }

  /** Names of the tensors behind which a kernel wrote, of those that `executable` computes (only with guardBytes). */
  async damaged(executable: GpuExecutable): Promise<string[]> {
    const names = new Set<string>();
    if (this.#guardBytes === 0) return [];
    for (const { dispatch } of executable.steps) {
      for (const { root } of Object.values(dispatch.bindings)) {
        const buffer = root.variable ? this.#bufferOf(root.variable) : executable.bufferOf(root);
        const bytes = new Uint8Array(await this.#pacer.read(buffer, buffer.size));
        if (bytes.subarray(byteLength(root)).some(byte => byte !== GUARD)) names.add(root.name);
      }
    }
    return [...names];
  }

  /** Resolves when everything started so far is done. */
  async idle(): Promise<void> {
    await this.#pacer.idle();
    this.#check();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#failure) await this.#pacer.idle();
    this.#device.destroy();
  }

  #computes({ variants }: Node): boolean {
    return variants.some(variant => variant.supports(this.traits));
  }

  #bind(
    step: Step,
    { shader, layout }: Command['kernel'],
    buffers: ReadonlyMap<Tensor, GPUBuffer>,
    params: GPUBuffer,
    offset: number,
  ): GPUBindGroup {
    const { bindings } = step.dispatch;
    checkNames(
      shader,
      'buffers',
      shader.bindings.map(({ name }) => name),
      Object.keys(bindings),
    );
    const entries: GPUBindGroupEntry[] = shader.bindings.map(({ name, index }) => {
      const tensor = bindings[name]!.root;
      const buffer = tensor.variable ? this.#bufferOf(tensor.variable) : buffers.get(tensor)!;
      return { binding: index, resource: { buffer, size: Math.min(buffer.size, byteLength(tensor) + this.#guardBytes + 12) & ~15 } };
    });
    if (shader.params) entries.push({ binding: shader.params.index, resource: { buffer: params, offset, size: PARAMS_ALIGNMENT } });
    return this.#device.createBindGroup({ label: shader.name, layout, entries });
  }

  /** Buffers for tensors, shared by those that never live at the same time, and how to give them back. */
  #place(tensors: readonly Lifetime<Tensor>[]): { readonly buffers: Map<Tensor, GPUBuffer>; readonly release: () => void } {
    if (this.#guardBytes > 0) {
      const own = new Map(tensors.map(({ item, bytes }) => [item, this.#guarded(item.name, bytes)]));
      return { buffers: own, release: () => own.forEach(buffer => void this.arena.destroy(buffer)) };
    }
    const slots = assignSlots(tensors);
    const taken = this.arena.take(slots.map(slot => slot.bytes));
    const buffers = new Map(slots.flatMap((slot, i) => slot.items.map(tensor => [tensor, taken[i]!] as const)));
    return { buffers, release: () => this.arena.giveBack(taken) };
  }

  #guarded(name: string, bytes: number): GPUBuffer {
    const buffer = this.arena.buffer(name, bytes + this.#guardBytes);
    if (this.#guardBytes > 0) this.#device.queue.writeBuffer(buffer, bytes, new Uint8Array(buffer.size - bytes).fill(GUARD));
    return buffer;
  }

  #bufferOf(variable: Variable): GPUBuffer {
    const buffer = this.#variables.get(variable);
    if (!buffer) throw new Error(`variable '${variable.name}' has no place on this device: allocate it first`);
    return buffer;
  }

  #check(): void {
    if (this.#failure) throw new Error(`GPU (${this.description}): ${this.#failure}`);
  }
}

/** Writes a dispatch's Params at `offset`; returns the fields that each run sets anew. */
function layOutParams(
  { dispatch }: Step,
  fields: readonly { readonly name: string; readonly type: 'u32' | 'i32' | 'f32' }[],
  view: DataView,
  offset: number,
  check: (names: { readonly declared: readonly string[]; readonly given: readonly string[] }) => void,
): DynamicField[] {
  const params = dispatch.params ?? {};
  check({ declared: fields.map(({ name }) => name), given: Object.keys(params) });
  const dynamic: DynamicField[] = [];
  fields.forEach((field, i) => {
    const value = params[field.name]!;
    if (typeof value === 'number') setField(view, offset + 4 * i, field, value);
    else dynamic.push({ offset: offset + 4 * i, field, scalar: value.scalar });
  });
  return dynamic;
}
