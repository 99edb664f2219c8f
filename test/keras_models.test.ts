import { expect, test } from 'vitest';
import { compileFromKeras } from '../src/formats/keras/compile.js';
import { modelFromKeras } from '../src/formats/keras/config.js';
import { modelConfig, optimizerFromConfig, readModel } from '../src/nn/config.js';
import type { FitOptions } from '../src/nn/fit_options.js';
import type { Sequential } from '../src/nn/model.js';
import { useGpu } from './helpers/gpu.js';
import { fixtureJson } from './helpers/shared.js';

/** What keras_models.py writes of a model. */
interface RandomModel {
  readonly seed: number;
  readonly model: unknown;
  readonly training: unknown;
  readonly batch_size: number;
  readonly sample_weight: boolean;
  readonly class_weight: Readonly<Record<string, number>> | null;
  readonly labels: readonly number[];
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly sum: number; readonly first: number }[];
  readonly predictions: readonly number[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly scores: Readonly<Record<string, number>>;
  readonly predictions_after: readonly number[];
  /** How far Keras is from itself, with other kernels of TensorFlow: 'history.loss'. */
  readonly spread: Readonly<Record<string, number>>;
}

const models = fixtureJson<RandomModel[]>('keras_models.json');
const SAMPLES = 11;
/** Relative to the largest number; where Keras is further from itself, this many times as far as that: rounding grows in training. */
const TOLERANCE = { predictions: 1e-6, losses: 1e-5 };
const SPREADS = 5;

/** keras_models.py has the same. */
function spread(count: number, key: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const mixed = (Math.imul(i + 1, 2654435761) + Math.imul(key, 40503)) >>> 0;
    const more = Math.imul(mixed ^ (mixed >>> 15), 2246822519) >>> 0;
    return ((more ^ (more >>> 13)) >>> 0) / 2 ** 32;
  });
}

function near(
  found: Float32Array | readonly number[],
  wanted: readonly number[],
  what: string,
  tolerance: number,
  spreadOfKeras = 0,
): void {
  expect(found.length, what).toBe(wanted.length);
  const scale = Math.max(1, ...wanted.map(Math.abs));
  const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(found[i]! - value)), 0);
  const allowed = Math.max(tolerance * scale, SPREADS * spreadOfKeras);
  expect(worst, `${what}: ${[...found].slice(0, 4)}, wanted ${wanted.slice(0, 4)}`).toBeLessThan(allowed);
}

/** The model as Keras' JSON has it, drawn by its seed. */
function made({ seed, model }: RandomModel): Sequential {
  return readModel({ ...modelConfig(modelFromKeras('its JSON', model, 2).model), seed }, 'model');
}

const gpu = useGpu();

test.each(models.map(of => [`${of.seed}`, of] as const))(
  'model %s: weights, predictions, three epochs and scores of tf_keras',
  async (_, of) => {
    const model = made(of);
    const { compile, untrainable } = compileFromKeras(of.training, model, 'logits');
    expect(untrainable).toBeUndefined();
    await model.compile({ ...compile!, optimizer: optimizerFromConfig(compile!.optimizer), executor: gpu() });
    try {
      const weights = Object.values(await model.getWeights());
      expect(weights.map(({ length }) => length)).toEqual(of.weights.map(({ shape }) => shape.reduce((a, b) => a * b, 1)));
      of.weights.forEach(({ name, sum, first }, i) => {
        near([weights[i]![0]!, weights[i]!.reduce((a, b) => a + b, 0)], [first, sum], name, 2e-6);
      });
      const x = spread(SAMPLES * model.inputShape.reduce((a, b) => a * b, 1), of.seed);
      near(await model.predict(x), of.predictions, 'predictions', TOLERANCE.predictions, of.spread.predictions);
      const y = Float32Array.from(of.labels);
      const data = {
        x,
        y,
        batchSize: of.batch_size,
        shuffle: false,
        ...(of.sample_weight && { sampleWeight: spread(SAMPLES, 79).map(each => 2 * each) }),
      };
      const options: FitOptions = { epochs: 3, shuffle: false, ...(of.class_weight && { classWeight: of.class_weight }) };
      const { history } = await model.fit(data, options);
      for (const [name, values] of Object.entries(of.history))
        near(history[name] ?? [], values, name, TOLERANCE.losses, of.spread[`history.${name}`]);
      const { rows: _rows, ...scores } = await model.evaluate({ x, y, batchSize: of.batch_size, shuffle: false });
      expect(Object.keys(scores).sort()).toEqual(Object.keys(of.scores).sort());
      for (const [name, value] of Object.entries(of.scores))
        near([scores[name]!], [value], `${name} afterwards`, TOLERANCE.losses, of.spread[`scores.${name}`]);
      near(await model.predict(x), of.predictions_after, 'predictions afterwards', TOLERANCE.losses, of.spread.predictions_after);
    } finally {
      await model.close();
    }
  },
);
