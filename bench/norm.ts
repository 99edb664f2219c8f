import { madeUpImages, stepper } from '../src/bench/exact.js';
import { compare } from '../src/check/compare.js';
import { makePlan } from '../src/engine/plan.js';
import type { GpuExecutor } from '../src/gpu/executor.js';
import { batchNormalization, conv2d, dense, flatten, maxPooling2d, reLu, softmax } from '../src/nn/layers.js';
import { type Sequential, sequential } from '../src/nn/model.js';
import { writeBatch } from '../src/nn/plans.js';
import type { Batch, Source } from '../src/nn/source.js';
import { tensorOf, traceModel } from '../src/nn/trace.js';
import { foldNorms } from '../src/ops/fold_norm_fusion.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { circumstances, formatTiming, keep, timed, timeInTurn } from './harness.js';

export interface NormOptions {
  readonly batch: number;
  readonly samples: number;
  readonly json: boolean;
}

/** Predictions of the two plans may differ by so much of the largest. */
const TOLERANCE = 1e-5;

/** Convolutions with a normalization each. */
function network(): Sequential {
  return sequential(
    [
      conv2d(32, 3, { useBias: false, inputShape: [64, 64, 3] }),
      batchNormalization(),
      reLu(),
      maxPooling2d(),
      conv2d(64, 3, { useBias: false }),
      batchNormalization(),
      reLu(),
      maxPooling2d(),
      flatten(),
      dense(2),
      softmax(),
    ],
    { seed: 2022 },
  );
}

/** A prediction of a source's first batch by a plan with some fusions, waited for; and what it gave. */
async function predictor(
  model: Sequential,
  source: Source<Batch>,
  fusions: typeof FUSIONS,
): Promise<{ run(): Promise<unknown>; read(): Promise<Float32Array> }> {
  const { compiled } = model;
  const trace = traceModel(model, compiled, compiled.plans, 'predict', source);
  const output = tensorOf(trace, 'probabilities');
  const executable = await compiled.executor.prepare(makePlan(trace.graph, { outputs: [output], fusions }));
  const batch = source.batch(0);
  const read = async (): Promise<Float32Array> => (await executable.read(output)) as Float32Array;
  return {
    run() {
      writeBatch(executable, trace, batch, source.batchSize);
      executable.run({ rows: batch.rows });
      return read();
    },
    read,
  };
}

/** Times predictions of a network with batch normalizations, each in the layer before it and by itself, and its training steps. */
export async function benchNorm(gpu: GpuExecutor, { batch, samples, json }: NormOptions): Promise<void> {
  const model = network();
  await model.compile({ loss: 'categoricalCrossentropy', executor: gpu });
  const { source } = madeUpImages(batch, [64, 64]);
  const folded = await predictor(model, source, FUSIONS);
  const apart = await predictor(
    model,
    source,
    FUSIONS.filter(each => each !== foldNorms),
  );
  await folded.run();
  await apart.run();
  const { error } = compare(await folded.read(), await apart.read());
  if (!(error < TOLERANCE)) throw new Error(`predictions differ by ${error} of the largest, wanted less than ${TOLERANCE}`);
  const { step } = await stepper(model, source);
  const [together, each, train] = await timeInTurn([() => timed(folded.run), () => timed(apart.run), () => timed(step)], samples, 3);
  await model.close();
  const result = { bench: 'norm', ...circumstances(gpu.description), batch, folded: together!, apart: each!, train: train! };
  await keep('norm', result);
  if (json) return console.log(JSON.stringify(result));
  console.log(`predict, normalizations folded  ${formatTiming(together!)}`);
  console.log(`predict, each by itself         ${formatTiming(each!)}`);
  console.log(`train, a step                   ${formatTiming(train!)}`);
}
