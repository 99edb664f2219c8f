import { DeviceGoneError, type Executor, TooLargeError } from '../engine/executor.js';
import type { Node } from '../engine/graph.js';
import { changedBy, type Plan } from '../engine/plan.js';
import { formatShape, sizeOf } from '../engine/shape.js';
import { byteLength, emptyArray, inARow, type NumberArray, type Tensor, type Variable } from '../engine/tensor.js';
import { kernelsOf } from '../kernels/index.js';
import type { BoundVariant, KernelsOf } from '../kernels/variant.js';
import type { DeviceTraits } from './adapter.js';
import type { Arena, BufferRange } from './arena.js';
import { type Command, type DynamicField, GpuExecutable, viewAs } from './executable.js';
import { HostCopies } from './host_copies.js';
import { checkNames, type KernelCache } from './kernel.js';
import { computes, fits, keptBytes } from './limits.js';
import { LiveDevice } from './live_device.js';
import { lower, type Step } from './lower.js';
import { layOutParams } from './params.js';
import { placeApart, placeTensors } from './placement.js';
import type { ShaderSource } from './shader.js';
import { VariableRanges } from './variable_ranges.js';

/** Chooses how each node of a plan is computed, before any of them is made ready. */
export type Chooser = (nodes: readonly Node[], gpu: GpuExecutor) => Promise<(node: Node) => BoundVariant>;

export interface GpuOptions {
  readonly device: GPUDevice;
  readonly traits: DeviceTraits;
  /** Adapter and driver, for people and for result files. */
  readonly description: string;
  readonly shaders: ShaderSource;
  readonly choose: Chooser;
  /** Opens a device of the same adapter once more, after the first was lost. Throws, saying why, where there is none. */
  readonly reopen: () => Promise<GPUDevice>;
  /** Told, in a line for people, that a device was lost and opened anew. Default console.warn. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Whether the device's clock, if it has one, is rounded to more than kernels take, as browsers round it. Default false. */
  readonly coarseClock?: boolean;
  /** For tests: how ops of their own are computed. */
  readonly kernelsOf?: KernelsOf;
  /** Bytes of guard band behind each tensor, for tests: then no two tensors share a buffer. Default 0. */
  readonly guardBytes?: number;
  /** A smaller limit of what a kernel may bind than the adapter's, for tests. */
  readonly maxBindingBytes?: number;
}

/** Takes the naive kernel of each node, without trying any. */
export const chooseNaive: Chooser = async (_, gpu) => node => gpu.kernelsOf(node)[0]!;

/** Bytes after which a Params struct may begin. */
const PARAMS_ALIGNMENT = 256;

/** Bytes of an input that lies behind the Params at most: one write brings them together, where each by itself costs the thread as much as a dispatch. */
const SMALL_BYTES = 16384;

/** What guard bands hold: as float32 a number that no kernel computes by chance. */
const GUARD = 0xa5;

/** Before each try to open a lost device anew, in milliseconds: a driver that starts again takes seconds. */
const REOPEN_AFTER_MS = [0, 2000, 6000];

/** Computes plans with the kernels in shaders/. */
export class GpuExecutor implements Executor {
  readonly description: string;
  readonly traits: DeviceTraits;
  readonly keptBytes: number;
  /** Whether the device notes when a kernel begins and ends, to a small part of what it takes. */
  readonly hasFineClock: boolean;
  /** The ways to compute a node. */
  readonly kernelsOf: KernelsOf;
  /** How each of these nodes is computed here. */
  readonly choose: (nodes: readonly Node[]) => Promise<(node: Node) => BoundVariant>;
  readonly #options: GpuOptions;
  readonly #guardBytes: number;
  readonly #variables = new VariableRanges();
  readonly #copies = new HostCopies();
  #live: LiveDevice;
  #reviving: Promise<void> | undefined;

  constructor(options: GpuOptions) {
    const { device, traits, description, shaders, choose, guardBytes = 0, maxBindingBytes = traits.maxBindingBytes } = options;
    this.#options = options;
    this.kernelsOf = options.kernelsOf ?? kernelsOf;
    this.description = description;
    this.traits = { ...traits, maxBindingBytes };
    this.keptBytes = keptBytes(this.traits);
    this.hasFineClock = traits.features.has('timestamp-query') && !options.coarseClock;
    this.choose = nodes => choose(nodes, this);
    this.#guardBytes = guardBytes;
    this.#live = new LiveDevice(device, description, shaders, traits.pinnedSubgroupSize);
  }

  /** The device's compiled shaders, and its buffers. Another device has others. */
  get kernels(): KernelCache {
    return this.#live.kernels;
  }

  get arena(): Arena {
    return this.#live.arena;
  }

  allocate(...variables: readonly Variable[]): readonly (readonly Variable[])[] {
    const lists = VariableRanges.cut(variables, this.#guardBytes > 0 ? 0 : this.traits.maxBindingBytes);
    const done: Variable[] = [];
    try {
      for (const list of lists) {
        this.#variables.add(list, this.#guarded);
        for (const variable of list) this.#copies.add(variable);
        done.push(...list);
      }
    } catch (error) {
      for (const variable of done) this.free(variable);
      throw error;
    }
    return lists;
  }

  free(variable: Variable): void {
    const buffer = this.#variables.remove(variable);
    if (buffer) this.arena.destroy(buffer);
    this.#copies.remove(variable);
  }

  write(variable: Variable, data: NumberArray): void {
    if (data.length !== sizeOf(variable.shape)) {
      throw new Error(`write: '${variable.name}' has shape ${formatShape(variable.shape)}, ${data.length} numbers were given`);
    }
    this.#upload(variable, data);
    this.#copies.set(variable, data.slice());
  }

  /** Of a variable that no run has changed since the host last knew its numbers, the host's copy, whatever has become of the device. */
  async read(variable: Variable): Promise<NumberArray> {
    const range = this.#variables.of(variable);
    if (this.#copies.isSame(variable))
      return this.#copies.get(variable).data?.slice() ?? emptyArray(variable.dtype, sizeOf(variable.shape));
    this.#copies.checkNotHeld([variable], this.description);
    const { pacer } = this.#live;
    return viewAs(variable, await this.#live.guard(() => pacer.read(range, byteLength(variable))));
  }

  async keep(variables: readonly Variable[]): Promise<void> {
    for (const variable of variables) this.#copies.want(variable);
    const newer = variables.filter(variable => !this.#copies.isSame(variable));
    const data = await Promise.all(newer.map(variable => this.read(variable)));
    // All or none: a device that is lost meanwhile leaves the copies from before.
    newer.forEach((variable, i) => {
      this.#copies.set(variable, data[i]);
    });
  }

  accept(variables: readonly Variable[]): boolean {
    if (this.#live.isLost) this.#copies.hold();
    return this.#copies.accept(variables);
  }

  revive(activity: string): Promise<void> {
    if (!this.#live.isLost) return this.#reviving ?? Promise.resolve();
    this.#reviving ??= this.#revive(activity).finally(() => {
      this.#reviving = undefined;
    });
    return this.#reviving;
  }

  fits({ nodes }: Plan): boolean {
    return nodes.every(node => fits(node, this.kernelsOf, this.traits));
  }

  runs({ nodes }: Plan): boolean {
    return nodes.every(node => computes(node, this.kernelsOf, this.traits));
  }

  /** `variantOf` overrides how nodes are computed: for checks and benchmarks of one variant. */
  async prepare(plan: Plan, variantOf?: (node: Node) => BoundVariant): Promise<GpuExecutable> {
    const unfit = plan.nodes.find(node => !computes(node, this.kernelsOf, this.traits));
    if (unfit) {
      throw new TooLargeError(
        `${unfit.op} (in '${unfit.scope}') needs larger buffers or more workgroups than ${this.description} binds or starts at once: use smaller images`,
      );
    }
    const steps = lower(plan, variantOf ?? (await this.choose(plan.nodes)), this.traits);
    const live = this.#live;
    const kernels = await live.guard(() =>
      Promise.all(steps.map(({ dispatch }) => live.kernels.kernel(dispatch.shader, dispatch.constants))),
    );
    // Another operation may have opened the device anew meanwhile: these kernels are the lost one's.
    if (live !== this.#live) live.check();
    const inputs = this.#guardBytes > 0 ? [] : plan.inputs.filter(input => !input.isKept && byteLength(input) <= SMALL_BYTES);
    const { offsets, size } = inARow(inputs);
    const inputsOffset = PARAMS_ALIGNMENT * steps.length;
    const params = new ArrayBuffer(inputsOffset + 4 * size);
    const paramsBuffer = this.arena.buffer('params', params.byteLength);
    const placed = new Map(inputs.map((input, i) => [input, { buffer: paramsBuffer, offset: inputsOffset + 4 * offsets[i]! }]));
    const { ranges, release } =
      this.#guardBytes > 0 ? placeApart(plan, steps, this.arena, this.#guarded) : placeTensors(plan, steps, this.arena, placed);
    const dynamic: DynamicField[] = [];
    const commands = steps.map((step, i): Command => {
      const kernel = kernels[i]!;
      const offset = i * PARAMS_ALIGNMENT;
      dynamic.push(
        ...layOutParams(step, kernel.shader.params?.fields ?? [], new DataView(params), offset, names =>
          checkNames(kernel.shader, 'Params', names.declared, names.given),
        ),
      );
      return { step, kernel, bindGroup: this.#bind(step, kernel, ranges, paramsBuffer, offset) };
    });
    const used = variablesOf(steps.flatMap(({ dispatch }) => Object.values(dispatch.bindings)));
    const changed = [...changedBy(plan)];
    return new GpuExecutable({
      live,
      plan,
      commands,
      params: { buffer: paramsBuffer, data: params, dynamic },
      ranges,
      release,
      onRun: () => {
        this.#copies.checkNotHeld(used, this.description);
        this.#copies.change(changed);
      },
    });
  }

  /** Names of the tensors behind which a kernel wrote, of those that `executable` computes (only with guardBytes). */
  async damaged(executable: GpuExecutable): Promise<string[]> {
    const names = new Set<string>();
    if (this.#guardBytes === 0) return [];
    for (const { dispatch } of executable.steps) {
      for (const { root } of Object.values(dispatch.bindings)) {
        const range = root.variable ? this.#variables.of(root.variable) : executable.rangeOf(root);
        const bytes = new Uint8Array(await this.#live.pacer.read(range, range.buffer.size));
        if (bytes.subarray(byteLength(root)).some(byte => byte !== GUARD)) names.add(root.name);
      }
    }
    return [...names];
  }

  /** Resolves when everything started so far is done. */
  idle(): Promise<void> {
    const live = this.#live;
    return live.guard(() => live.pacer.idle());
  }

  async close(): Promise<void> {
    // What went wrong before is no reason to keep the device.
    await this.idle().catch(() => {});
    this.#live.destroy();
  }

  async #revive(activity: string): Promise<void> {
    const lost = this.#live;
    const what = `the GPU was lost ${activity}: ${this.description}${lost.reason && ` (${lost.reason})`}`;
    const { reopen, shaders, onNotice = message => console.warn(message) } = this.#options;
    this.#copies.hold();
    let failure = '';
    for (const ms of REOPEN_AFTER_MS) {
      await new Promise(resolve => setTimeout(resolve, ms));
      try {
        this.#live = new LiveDevice(await reopen(), this.description, shaders, this.traits.pinnedSubgroupSize);
        break;
      } catch (error) {
        failure = (error as Error).message;
      }
    }
    if (this.#live === lost)
      throw new DeviceGoneError(`${what}. It could not be opened again in ${REOPEN_AFTER_MS.length} tries: ${failure}`);
    for (const list of this.#variables.together) this.#variables.add(list, this.#guarded);
    for (const [variable, { data }] of this.#copies.entries()) if (data) this.#upload(variable, data);
    onNotice(`${what}. It is open again; going on.`);
  }

  #upload(variable: Variable, data: NumberArray): void {
    const { queue } = this.#live.device;
    const { buffer, offset } = this.#variables.of(variable);
    queue.writeBuffer(buffer, offset, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }

  #bind(
    step: Step,
    { shader, layout }: Command['kernel'],
    ranges: ReadonlyMap<Tensor, BufferRange>,
    params: GPUBuffer,
    paramsOffset: number,
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
      const { buffer, offset } = tensor.owners[0]!.variable ? this.#variables.ofTensor(tensor) : ranges.get(tensor)!;
      const size = Math.min(buffer.size - offset, byteLength(tensor) + this.#guardBytes + 12) & ~15;
      return { binding: index, resource: { buffer, offset, size } };
    });
    if (shader.params)
      entries.push({ binding: shader.params.index, resource: { buffer: params, offset: paramsOffset, size: PARAMS_ALIGNMENT } });
    return this.#live.device.createBindGroup({ label: shader.name, layout, entries });
  }

  readonly #guarded = (name: string, bytes: number): GPUBuffer => {
    const buffer = this.arena.buffer(name, bytes + this.#guardBytes);
    if (this.#guardBytes > 0) this.#live.device.queue.writeBuffer(buffer, bytes, new Uint8Array(buffer.size - bytes).fill(GUARD));
    return buffer;
  };
}

function variablesOf(tensors: readonly Tensor[]): Variable[] {
  return [...new Set(tensors.flatMap(({ owners }) => owners.flatMap(({ variable }) => variable ?? [])))];
}
