import { signal } from '@preact/signals';
import type { OpsResult } from '../../../bench/ops.js';
import type { ReportEvent, ReportOptions, ReportRow, StepSize, StepTimes } from '../../../bench/report.js';
import type { Result } from '../../../check/run.js';
import { describeAdapter } from '../../../gpu/adapter.js';
import type { ReportMessage, ReportOrder } from '../engine/gpu_worker.js';
import { pageShaders } from '../engine/shaders.js';

/** The browser's adapter as it describes itself. */
export interface AdapterFacts {
  readonly description: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly isSoftware: boolean;
  /** Invocations of a subgroup, at least and at most; 0 where the browser doesn't say. */
  readonly subgroupSizes: readonly [number, number];
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** What is timed, by what the page calls it. */
export const SIZES = {
  exact: { imageSize: [150, 150], batch: 10, samples: 10 },
  small: { imageSize: [50, 50], batch: 2, samples: 3 },
} as const satisfies Readonly<Record<string, StepSize>>;
export type SizeName = keyof typeof SIZES;

/** A report as far as it is made. */
export interface GpuReport {
  readonly size: SizeName;
  readonly only: string;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  /** Why it failed. */
  readonly message?: string;
  readonly checked: readonly Result[];
  readonly peakGflops?: number;
  readonly rows: readonly ReportRow[];
  /** Variants that are wrong here, or don't compile. */
  readonly wrong: readonly string[];
  readonly step?: StepTimes;
}

/** The browser's adapter, or why there is none; undefined while it is looked for. */
export const adapter = signal<AdapterFacts | { readonly trouble: string } | undefined>(undefined);
export const report = signal<GpuReport | undefined>(undefined);
/** What is being done, and how much of how much is. */
export const stage = signal<{ readonly text: string; readonly done: number; readonly total: number } | undefined>(undefined);

/** Looks for the browser's adapter. */
export async function lookForAdapter(): Promise<void> {
  const { findAdapter } = await import('../engine/device.js');
  const { adapter: found, isSoftware, trouble } = await findAdapter();
  adapter.value = found ? factsOf(found, isSoftware) : { trouble: trouble! };
}

function factsOf({ info, features, limits }: GPUAdapter, isSoftware: boolean): AdapterFacts {
  const names: string[] = [];
  // They are the prototype's, not its own.
  for (const name in limits) if (typeof limits[name as keyof GPUSupportedLimits] === 'number') names.push(name);
  return {
    description: describeAdapter(info),
    vendor: info.vendor,
    architecture: info.architecture,
    isSoftware,
    subgroupSizes: [info.subgroupMinSize ?? 0, info.subgroupMaxSize ?? 0],
    features: [...features].sort(),
    limits: Object.fromEntries(names.sort().map(name => [name, limits[name as keyof GPUSupportedLimits] as number])),
  };
}

let worker: Worker | undefined;

/** Begins a report in a worker; one at a time. */
export function startReport(size: SizeName, only: string): void {
  stopReport();
  report.value = { size, only, state: 'running', checked: [], rows: [], wrong: [] };
  stage.value = { text: 'Opening the adapter', done: 0, total: 1 };
  worker = new Worker(new URL('../engine/gpu_worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<ReportMessage>) => take(data);
  worker.onerror = ({ message }) => end('failed', message || 'the worker could not be loaded');
  void order(worker, { size: SIZES[size], only });
}

async function order(to: Worker, options: ReportOptions): Promise<void> {
  const message: ReportOrder = { ...options, shaders: await pageShaders() };
  to.postMessage(message);
}

export function stopReport(): void {
  if (worker) end('stopped');
}

function end(state: GpuReport['state'], message?: string): void {
  worker?.terminate();
  worker = undefined;
  stage.value = undefined;
  change({ state, ...(message !== undefined && { message }) });
}

function change(changes: Partial<GpuReport>): void {
  if (report.value) report.value = { ...report.value, ...changes };
}

function take(message: ReportMessage): void {
  if (message.type === 'progress') stage.value = message;
  else if (message.type === 'done') end('done');
  else if (message.type === 'failed') end('failed', message.message);
  else if (report.value) change(changesBy(message, report.value));
}

function changesBy(message: Exclude<ReportEvent, { readonly type: 'progress' }>, { checked, rows, wrong }: GpuReport): Partial<GpuReport> {
  switch (message.type) {
    case 'checked':
      return { checked: [...checked, ...message.results] };
    case 'peak':
      return { peakGflops: message.gflops };
    case 'rows':
      return { rows: [...rows, ...message.rows] };
    case 'wrong':
      return { wrong: [...wrong, message.message] };
    case 'step':
      return { step: message.step };
  }
}

/** A report as JSON for an issue: also a line of bench/results/ops.jsonl, which docs/kernels.md is made of. */
export function reportText(facts: AdapterFacts, { size, only, state, message, checked, peakGflops, rows, wrong, step }: GpuReport): string {
  const { batch, imageSize } = SIZES[size];
  const result: OpsResult & Readonly<Record<string, unknown>> = {
    bench: 'ops',
    adapter: facts.description,
    cpu: `${navigator.hardwareConcurrency} threads`,
    browser: navigator.userAgent,
    wgrad: import.meta.env.WGRAD_VERSION,
    commit: import.meta.env.WGRAD_COMMIT,
    date: new Date().toISOString(),
    batch,
    imageSize,
    ...(only && { only }),
    state,
    message,
    checked: { kernels: checked.length, wrong: checked.filter(({ ok }) => !ok) },
    leftOut: wrong,
    peakGflops,
    train: step?.train,
    forward: step?.forward,
    adapterInfo: facts,
    rows,
  };
  // JSON has no other numbers.
  return JSON.stringify(result, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value));
}
