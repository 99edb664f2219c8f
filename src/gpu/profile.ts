import type { Step } from './lower.js';
import type { TimedRun } from './timing.js';

/** What one kernel (a node of the plan, by its chosen variant, all its dispatches) takes in a run. */
export interface KernelTime {
  readonly op: string;
  /** The layer or part of the step that it belongs to. */
  readonly scope: string;
  readonly variant: string;
  /** Median over the runs. */
  readonly ms: number;
  /** Of all kernels' time. */
  readonly share: number;
  /** By the op's definition, whatever the algorithm. */
  readonly gflops: number;
  /** Of the measured peak: over 1 where an algorithm needs fewer operations than the definition. */
  readonly ofPeak: number;
  /** The least bytes that the op can move, a second. */
  readonly gbps: number;
}

export interface DeviceProfile {
  readonly kernels: readonly KernelTime[];
  /** Runs that were looked at. */
  readonly runs: number;
  /** Of a run: each costs the program's thread some microseconds. */
  readonly dispatches: number;
  /** Median milliseconds of a run's kernels. */
  readonly busyMs: number;
  /** Share of the time from the first run's begin to the last one's end in which no kernel ran. */
  readonly idle: number;
  /** What the device can do at most, measured: see measurePeak(). */
  readonly peakGflops: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

const lengthOf = ({ begin, end }: { readonly begin: number; readonly end: number }): number => (end - begin) / 1e6;

/** Sums up timed runs of a plan by kernel, in the order in which they run. */
export function profileRuns(steps: readonly Step[], runs: readonly TimedRun[], peakGflops: number): DeviceProfile {
  const nodes = [...new Set(steps.map(step => step.node))];
  const times = nodes.map(node =>
    median(
      runs.map(({ dispatches }) => dispatches.reduce((sum, dispatch, i) => sum + (steps[i]!.node === node ? lengthOf(dispatch) : 0), 0)),
    ),
  );
  const total = times.reduce((sum, ms) => sum + ms, 0);
  const kernels = nodes.map((node, i): KernelTime => {
    const ms = times[i]!;
    const gflops = node.cost.flops / ms / 1e6;
    const { variant } = steps.find(step => step.node === node)!;
    const { op, scope, cost } = node;
    return { op, scope, variant, ms, share: ms / total, gflops, ofPeak: gflops / peakGflops, gbps: cost.bytes / ms / 1e6 };
  });
  const busy = runs.map(({ dispatches }) => dispatches.reduce((sum, dispatch) => sum + lengthOf(dispatch), 0));
  const whole = lengthOf({ begin: runs[0]!.dispatches[0]!.begin, end: runs.at(-1)!.dispatches.at(-1)!.end });
  const idle = Math.max(0, 1 - busy.reduce((sum, ms) => sum + ms, 0) / whole);
  return { kernels, runs: runs.length, dispatches: steps.length, busyMs: median(busy), idle, peakGflops };
}

/** An event of the trace format that chrome://tracing and https://ui.perfetto.dev show. Times are microseconds. */
type TraceEvent = Readonly<Record<string, unknown>>;

const HOST = 1;
const DEVICE = 2;

/**
 * Timed runs in the trace event format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 * Device and host have clocks of their own; they are laid over each other so that no run begins before it was submitted.
 */
export function traceEvents(steps: readonly Step[], runs: readonly TimedRun[]): { readonly traceEvents: readonly TraceEvent[] } {
  const shift = Math.max(...runs.map(({ submitted, dispatches }) => 1000 * submitted - dispatches[0]!.begin / 1000));
  const names = [
    { pid: HOST, name: 'process_name', ph: 'M', args: { name: 'JavaScript' } },
    { pid: DEVICE, name: 'process_name', ph: 'M', args: { name: 'device' } },
  ];
  const events = runs.flatMap(({ submitted, dispatches }, run) => [
    { pid: HOST, tid: 1, ph: 'i', s: 'p', name: `submit run ${run}`, ts: 1000 * submitted },
    ...dispatches.map(({ begin, end }, i) => {
      const { node, variant, dispatch } = steps[i]!;
      const args = { shader: dispatch.shader, variant, workgroups: dispatch.workgroups.join(' x '), ...node.cost };
      const name = `${node.op} ${node.scope}`;
      return { pid: DEVICE, tid: 1, ph: 'X', cat: node.op, name, ts: begin / 1000 + shift, dur: (end - begin) / 1000, args };
    }),
  ]);
  return { traceEvents: [...names, ...events] };
}
