import type { Executable, Scalars } from '../engine/executor.js';
import type { Plan } from '../engine/plan.js';
import { sizeOf } from '../engine/shape.js';
import { byteLength, type NumberArray, type Tensor } from '../engine/tensor.js';
import type { Triple } from '../kernels/launch.js';
import type { BufferRange } from './arena.js';
import { type Kernel, setField } from './kernel.js';
import type { LiveDevice } from './live_device.js';
import type { Step } from './lower.js';
import type { Pace } from './pacer.js';
import type { Field } from './shader.js';
import { type TimedRun, type Timeline, TimestampRecorder } from './timing.js';

/** A dispatch with everything that WebGPU wants for it. */
export interface Command {
  readonly step: Step;
  readonly kernel: Kernel;
  readonly bindGroup: GPUBindGroup;
}

/** A field of some kernel's Params that changes from run to run. */
export interface DynamicField {
  readonly offset: number;
  readonly field: Field;
  readonly scalar: string;
}

export interface Parts {
  readonly live: LiveDevice;
  readonly plan: Plan;
  readonly commands: readonly Command[];
  /** All Params of the plan, one after another, as the first run finds them, and behind them its small inputs. */
  readonly params: { readonly buffer: GPUBuffer; readonly data: ArrayBuffer; readonly dynamic: readonly DynamicField[] };
  readonly ranges: ReadonlyMap<Tensor, BufferRange>;
  /** Gives the buffers back. */
  readonly release: () => void;
  /** Called before each run: throws where it must not begin. */
  readonly onRun: () => void;
}

/** A plan on a GPU: one submission a run. */
export class GpuExecutable implements Executable {
  readonly #parts: Parts;
  readonly #view: DataView;
  readonly #pace: Pace = { expected: 0, runs: 0 };
  #recorder: TimestampRecorder | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#view = new DataView(parts.params.data);
  }

  get isLost(): boolean {
    return this.#parts.live.isLost;
  }

  /** The dispatches of a run, in order: what is computed by which shader. */
  get steps(): readonly Step[] {
    return this.#parts.commands.map(command => command.step);
  }

  write(input: Tensor, data: NumberArray): void {
    const { buffer, offset } = this.rangeOf(input);
    if (data.length !== sizeOf(input.shape)) {
      throw new Error(`write: '${input.name}' holds ${sizeOf(input.shape)} numbers, ${data.length} were given`);
    }
    const { live, params } = this.#parts;
    if (buffer === params.buffer) {
      new Uint8Array(params.data, offset).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return;
    }
    // Whole words: a byte tensor whose length is not divisible by four is copied into a padded one.
    const words = data.byteLength % 4 === 0 ? data : padded(data, byteLength(input));
    live.device.queue.writeBuffer(buffer, offset, words.buffer as ArrayBuffer, words.byteOffset, words.byteLength);
  }

  run(scalars: Scalars): void {
    this.#submit(scalars, 1, this.#pace);
  }

  /**
   * Milliseconds of the host's clock until `times` runs, which are submitted as one, are done: for devices that have no clock, or a coarse one. Nothing else
   * may be under way.
   */
  async timeRuns(scalars: Scalars, times: number): Promise<number> {
    const { live } = this.#parts;
    const begin = performance.now();
    this.#submit(scalars, times, { expected: 0, runs: 0 });
    // Not by the pacer, which naps between its looks.
    await live.guard(async () => void (await live.device.queue.onSubmittedWorkDone()));
    const ms = performance.now() - begin;
    await this.idle();
    return ms;
  }

  #submit(scalars: Scalars, times: number, pace: Pace): void {
    const { live, params, commands } = this.#parts;
    const { device, pacer } = live;
    for (const { offset, field, scalar } of params.dynamic) {
      const value = scalars[scalar];
      if (value === undefined)
        throw new Error(`run: the plan needs the scalar '${scalar}'; given were ${Object.keys(scalars).join(', ') || 'none'}`);
      setField(this.#view, offset, field, value);
    }
    this.#begin();
    const encoder = device.createCommandEncoder();
    if (this.#recorder) this.#recorder.encode(encoder, commands, (pass, command) => encode(pass, [command]));
    else {
      const pass = encoder.beginComputePass();
      for (let i = 0; i < times; i++) encode(pass, commands);
      pass.end();
    }
    pacer.submit(encoder, pace);
  }

  /**
   * Runs one workgroup of each dispatch, for drivers that compile a kernel when it first runs. Call it before write(): it leaves nonsense in the plan's
   * buffers.
   */
  compile(): void {
    const { live, commands } = this.#parts;
    const { device, pacer } = live;
    this.#begin();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encode(pass, commands, [1, 1, 1]);
    pass.end();
    pacer.submit(encoder, this.#pace);
  }

  ready(): Promise<void> {
    const { live } = this.#parts;
    return live.guard(() => live.pacer.ready());
  }

  idle(): Promise<void> {
    const { live } = this.#parts;
    return live.guard(() => live.pacer.idle());
  }

  async read(output: Tensor): Promise<NumberArray> {
    const { live } = this.#parts;
    return viewAs(output, await live.guard(() => live.pacer.read(this.rangeOf(output), byteLength(output))));
  }

  /** From the next run on, notes when each dispatch begins and ends (needs the feature timestamp-query), and keeps what it noted of the last `runs`. */
  startTiming(runs = 1): void {
    const { live, commands } = this.#parts;
    this.#recorder ??= new TimestampRecorder(live.device, live.arena, commands.length, runs);
  }

  /** The last timed runs, oldest first. */
  async timedRuns(): Promise<TimedRun[]> {
    const recorder = this.#recorder;
    if (!recorder) throw new Error('timedRuns: call startTiming() before the run');
    const { live } = this.#parts;
    return live.guard(() => recorder.read(live.pacer));
  }

  /** Begin and end of each dispatch of the last timed run, in nanoseconds. */
  async timeline(): Promise<Timeline> {
    return (await this.timedRuns()).at(-1)?.dispatches ?? [];
  }

  release(): void {
    this.#parts.release();
    this.#parts.live.arena.destroy(this.#parts.params.buffer);
    this.#recorder?.release();
  }

  #begin(): void {
    const { live, params, onRun } = this.#parts;
    live.check();
    onRun();
    if (params.data.byteLength > 0) live.device.queue.writeBuffer(params.buffer, 0, params.data);
  }

  /** Where a tensor of the plan lies; other tensors may lie there at other times. */
  rangeOf(tensor: Tensor): BufferRange {
    const range = this.#parts.ranges.get(tensor.root);
    if (!range) throw new Error(`'${tensor.name}' is not an input or output of this plan`);
    return range;
  }
}

/** Each call costs the thread about a microsecond: a pipeline that is set already is not set again. */
function encode(pass: GPUComputePassEncoder, commands: readonly Command[], workgroups?: Triple): void {
  let pipeline: GPUComputePipeline | undefined;
  for (const { kernel, bindGroup, step } of commands) {
    if (kernel.pipeline !== pipeline) pass.setPipeline(kernel.pipeline);
    pipeline = kernel.pipeline;
    pass.setBindGroup(0, bindGroup);
    const groups = workgroups ?? step.dispatch.workgroups;
    pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
  }
}

function padded(data: NumberArray, bytes: number): Uint8Array {
  const result = new Uint8Array(bytes);
  result.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return result;
}

/** The numbers of a tensor in bytes read from its buffer. */
export function viewAs({ shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>, bytes: ArrayBuffer): NumberArray {
  const size = sizeOf(shape);
  if (dtype === 'float32') return new Float32Array(bytes, 0, size);
  return dtype === 'uint32' ? new Uint32Array(bytes, 0, size) : new Uint8Array(bytes, 0, size);
}
