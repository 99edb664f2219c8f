import { Command } from 'commander';
import { action } from '../src/cli/common.js';
import { addDeviceOptions, integer } from '../src/cli/options.js';
import { printing } from '../src/cli/output.js';
import { GpuExecutor } from '../src/gpu/executor.js';
import { type DeviceOptions, withExecutor } from '../src/run/device.js';
import { benchData } from './data.js';
import { benchEpoch } from './epoch.js';
import { benchHost } from './host.js';
import { benchNorm } from './norm.js';
import { benchOps } from './ops.js';
import { benchPeers } from './peers.js';
import { benchPipeline } from './pipeline.js';
import { benchRegisters } from './registers.js';
import { report } from './report.js';
import { benchScale } from './scale.js';
import { benchStep } from './step.js';

interface BenchOptions extends DeviceOptions {
  readonly batch: number;
  readonly samples: number;
  readonly reference: boolean;
  readonly tfjs: boolean;
  readonly only?: string;
  readonly python?: string;
  readonly steps?: number;
  readonly pictures: number;
  readonly json?: boolean;
}

/** The benches by name. */
const BENCHES: Readonly<Record<string, (gpu: GpuExecutor, options: BenchOptions) => Promise<void>>> = {
  step: (gpu, options) => benchStep(gpu, { ...options, json: Boolean(options.json) }),
  ops: (gpu, options) => benchOps(gpu, { ...options, json: Boolean(options.json), only: options.only }),
  epoch: (gpu, options) => benchEpoch(gpu, { ...options, json: Boolean(options.json), steps: options.steps }),
  scale: (gpu, options) => benchScale(gpu, { ...options, json: Boolean(options.json), only: options.only }),
  host: (gpu, options) => benchHost(gpu, { ...options, json: Boolean(options.json) }),
  pipeline: (gpu, options) => benchPipeline(gpu, { ...options, json: Boolean(options.json) }),
  data: (gpu, options) => benchData(gpu, { ...options, json: Boolean(options.json), python: options.python }),
  norm: (gpu, options) => benchNorm(gpu, { ...options, json: Boolean(options.json) }),
  peers: (gpu, options) => benchPeers(gpu, { ...options, json: Boolean(options.json), only: options.only, python: options.python }),
};

/** Runs `wgrad bench` with what stands behind it on the command line. */
export async function runBench(args: readonly string[]): Promise<void> {
  const program = new Command('wgrad bench')
    .argument('<name>')
    .description(
      `time kernels and steps of the face-mask network, checked before they are timed: ${Object.keys(BENCHES).join(', ')}; registers: what AMD's compiler makes of each kernel, without its chip; report: make docs/kernels.md, README's table and chart and docs/training.md's table from the results`,
    )
    .option('--batch <n>', 'images per step', integer(1), 10)
    .option('--samples <n>', 'how often each thing is timed', integer(1), 10)
    .option('--no-reference', 'step: leave out the CPU reference, and with it the check')
    .option('--no-tfjs', 'step: leave out TensorFlow.js, which takes minutes on a software adapter')
    .option('--only <text>', 'ops, peers, axes of scale: only those whose name contains this')
    .option('--steps <n>', 'epoch: this many training steps and validation batches', integer(1))
    .option('--pictures <n>', 'data: the largest set', integer(1000), 100_000)
    .option('--python <path>', 'peers, data: a Python that has TensorFlow, PyTorch, onnxruntime and onnx, or some of them')
    .option('--json', 'print one JSON object')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  await addDeviceOptions(program)
    .action(action(printing(bench)))
    .parseAsync(args, { from: 'user' });
}

async function bench(name: string, options: BenchOptions): Promise<void> {
  if (name === 'report') return report();
  if (name === 'registers') return benchRegisters({ batch: options.batch, json: Boolean(options.json) });
  const run = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!run) throw new Error(`there is no bench '${name}'; wanted one of ${Object.keys(BENCHES).join(', ')}, registers, report`);
  await withExecutor(options, async executor => {
    if (!(executor instanceof GpuExecutor)) throw new Error('benches time the GPU: leave out --device cpu');
    await run(executor, options);
  });
}
