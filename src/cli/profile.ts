import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type { Executor } from '../engine/executor.js';
import { GpuExecutable } from '../gpu/executable.js';
import { GpuExecutor } from '../gpu/executor.js';
import { measurePeak } from '../gpu/peak.js';
import { type DeviceProfile, profileRuns, traceEvents } from '../gpu/profile.js';
import type { Callback } from '../nn/callbacks/callback.js';
import type { Sequential } from '../nn/model.js';
import { PREPARING, withRecovery } from '../nn/recovery.js';
import type { Source } from '../nn/source.js';
import { writeAtomically } from '../node/files.js';
import { note } from '../node/terminal.js';
import { percent, printJson } from './common.js';

/** Runs whose timestamps the device keeps: the last of the training. */
const RUNS = 32;

/** What this process did while an epoch's steps ran. */
interface HostProfile {
  readonly wallMs: number;
  readonly steps: number;
  /** Share of the time in which the JavaScript thread did something. */
  readonly jsBusy: number;
  /** Cores that the whole process used: on a software adapter, those that compute too. */
  readonly cores: number;
}

/** Where the counting of an epoch's steps begins. */
interface Beginning {
  readonly wall: number;
  readonly loop: EventLoopUtilization;
  readonly cpu: NodeJS.CpuUsage;
}

/** Watches the training steps of the last epoch: kernels by the device's clock, the process by the system's. */
export class Profiler implements Callback {
  readonly #gpu: GpuExecutor;
  readonly #executable: GpuExecutable;
  readonly #peakGflops: number;
  #begin: Beginning | undefined;
  #steps = 0;
  #host: HostProfile | undefined;

  private constructor(gpu: GpuExecutor, executable: GpuExecutable, peakGflops: number) {
    this.#gpu = gpu;
    this.#executable = executable;
    this.#peakGflops = peakGflops;
  }

  /** Measures the device's peak and turns on the timestamps of the plan that trains. */
  static async start(model: Sequential, data: Source, executor: Executor): Promise<Profiler> {
    const { executable } = await withRecovery(model, PREPARING, () => model.compiled.plans.get('train', data));
    if (!(executor instanceof GpuExecutor) || !(executable instanceof GpuExecutable))
      throw new Error('--profile times the GPU: leave out --device cpu');
    executable.startTiming(RUNS);
    return new Profiler(executor, executable, await measurePeak(executor));
  }

  onEpochBegin(): void {
    this.#begin = undefined;
    this.#host = undefined;
  }

  /** Counts from the first results on: before them lies what happens once, such as a driver's compiling. */
  onBatchesEnd(results: readonly unknown[]): void {
    if (!this.#begin) {
      this.#begin = { wall: performance.now(), loop: performance.eventLoopUtilization(), cpu: process.cpuUsage() };
      this.#steps = 0;
      return;
    }
    this.#steps += results.length;
    const { wall, loop, cpu } = this.#begin;
    const wallMs = performance.now() - wall;
    const { user, system } = process.cpuUsage(cpu);
    const jsBusy = performance.eventLoopUtilization(loop).utilization;
    this.#host = { wallMs, steps: this.#steps, jsBusy, cores: (user + system) / 1000 / wallMs };
  }

  /** Prints what was found, and writes the trace where a file is named. */
  async report({ json, file }: { readonly json: boolean; readonly file: string | undefined }): Promise<void> {
    if (this.#executable.isLost) {
      note('The GPU was lost and opened again meanwhile: there is no profile of this run.');
      return;
    }
    const host = this.#host;
    const runs = host ? (await this.#executable.timedRuns()).slice(-host.steps) : [];
    if (!host || runs.length === 0) {
      note('There were too few steps to profile.');
      return;
    }
    const device = profileRuns(this.#executable.steps, runs, this.#peakGflops);
    const memory = { gpuBytes: this.#gpu.arena.peakBytes, rss: process.resourceUsage().maxRSS * 1024 };
    if (json) printJson({ event: 'profile', host, device, memory });
    else console.log(`\n${table(device)}\n\n${summary(host, device, memory)}`);
    if (file !== undefined) await writeAtomically(file, JSON.stringify(traceEvents(this.#executable.steps, runs)));
  }
}

const HEAD = ['kernel', 'of', 'variant', 'ms', 'share', 'GFLOP/s', 'of peak', 'GB/s'] as const;

/** The kernels, the slowest first. */
function table({ kernels }: DeviceProfile): string {
  const rows = [...kernels]
    .sort((a, b) => b.ms - a.ms)
    .map(({ op, scope, variant, ms, share, gflops, ofPeak, gbps }) => [
      op,
      scope,
      variant,
      ms.toFixed(2),
      percent(share),
      gflops.toFixed(2),
      percent(ofPeak),
      gbps.toFixed(2),
    ]);
  const widths = HEAD.map((head, i) => Math.max(head.length, ...rows.map(row => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [line(HEAD), ...rows.map(line)].join('\n');
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

function summary(host: HostProfile, device: DeviceProfile, memory: { readonly gpuBytes: number; readonly rss: number }): string {
  return [
    `Step       ${(host.wallMs / host.steps).toFixed(1)} ms over ${host.steps} steps, ${device.busyMs.toFixed(1)} ms of it in the kernels of ${device.dispatches} dispatches (median of the last ${device.runs})`,
    `Device     busy ${percent(1 - device.idle)}, idle ${percent(device.idle)}; peak ${device.peakGflops.toFixed(1)} GFLOP/s, measured`,
    `JavaScript busy ${percent(host.jsBusy)}, asleep ${percent(1 - host.jsBusy)}; the whole process used ${host.cores.toFixed(2)} cores`,
    `Memory     ${mebibytes(memory.gpuBytes)} in GPU buffers at most, ${mebibytes(memory.rss)} resident at most`,
  ].join('\n');
}
