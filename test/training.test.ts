import { describe, expect, test } from 'vitest';
import { compare } from '../src/check/compare.js';
import { makePlan } from '../src/engine/plan.js';
import { setRandomSeed } from '../src/engine/random.js';
import { compileCheckpoint, readCheckpoint, writeCheckpoint } from '../src/formats/checkpoint.js';
import { ArraySource } from '../src/nn/arrays.js';
import { dense, dropout, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { adam, sgd } from '../src/nn/optimizers.js';
import { writeBatch } from '../src/nn/plans.js';
import { namedParameters, tensorOf, traceModel } from '../src/nn/trace.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { useGpu } from './helpers/gpu.js';
import { fixtureJson } from './helpers/shared.js';
import { tinyData, tinyModel } from './helpers/tiny.js';

// [dropout layer][batch][row][feature]: what was kept. From fixtures/keras_random.py.
const kerasMasks = fixtureJson<{ masks: Readonly<Record<string, number[][][][]>> }>('keras_random.json').masks;

const gpu = useGpu();

describe('a training step', () => {
  test('allocates nothing: as many live bytes and buffers after step 50 as after step 2', async () => {
    const model = await tinyModel(gpu());
    const data = tinyData();
    const { executable, write } = await model.compiled.plans.get('train', data);
    const seen: unknown[] = [];
    for (let step = 1; step <= 50; step++) {
      const batch = data.batch(step % data.length);
      await executable.ready();
      write(batch);
      executable.run({ rows: batch.rows, slot: 0, ...model.nextScalars });
      model.countStep(batch.rows);
      if (step === 2 || step === 50) seen.push(gpu().arena.live);
    }
    expect(seen[1]).toEqual(seen[0]);
    await model.close();
  });

  test.each(Object.keys(kerasMasks))('drops what tf_keras drops, over batches, epochs and layers, seed %s', async seed => {
    const model = sequential([dropout(0.5, { inputShape: [7] }), dropout(0), dropout(0.25), dense(1, { activation: 'sigmoid' })], {
      seed: Number(seed),
    });
    const rate = 1e-6;
    await model.compile({ optimizer: sgd({ learningRate: rate }), loss: 'binaryCrossentropy', executor: gpu() });
    const [first, second] = kerasMasks[seed]!;
    const kept = first!.map((batch, i) => batch[0]!.map((_, j) => batch.filter((row, r) => row[j]! * second![i]![r]![j]! > 0).length));
    for (const [i, { length: rows }] of first!.entries()) {
      model.setWeights({ 'dense.kernel': new Float32Array(7), 'dense.bias': [0] });
      const data = { batchSize: 3, x: new Float32Array(rows * 7).fill(1), y: new Float32Array(rows).fill(1) };
      await model.fit(data);
      // Each row that keeps a feature adds the loss' slope of 1/2, scaled by both layers and divided by the rows.
      const kernel = (await model.getWeights())['dense.kernel']!;
      const slope = (rate * 0.5) / (0.5 * 0.75 * rows);
      expect(Array.from(kernel, weight => Math.round(weight / slope))).toEqual(kept[i]);
      await model.evaluate(data);
    }
    await model.close();
  });

  test('gives the same bytes twice', async () => {
    const weights: Record<string, Float32Array>[] = [];
    for (let run = 0; run < 2; run++) {
      setRandomSeed(11);
      const model = await tinyModel(gpu());
      await model.fit(tinyData(), { epochs: 3 });
      weights.push(await model.getWeights());
      await model.close();
    }
    expect(weights[1]).toEqual(weights[0]);
  });

  test('on the GPU follows the reference', async () => {
    const losses: number[][] = [];
    for (const executor of [gpu(), new ReferenceExecutor()]) {
      setRandomSeed(12);
      const model = await tinyModel(executor, sgd({ learningRate: 0.05, momentum: 0.9 }));
      const { history } = await model.fit(tinyData(), { epochs: 4, validationData: tinyData({ shuffle: false }) });
      losses.push([...history.loss!, ...history.val_loss!]);
      await model.close();
    }
    losses[0]!.forEach((loss, i) => {
      expect(Math.abs(loss - losses[1]![i]!)).toBeLessThan(2e-5);
    });
  });

  test('is the same fused as with every tensor kept', async () => {
    const model = await tinyModel(gpu());
    const data = tinyData({ shuffle: false });
    const found: Float32Array[][] = [];
    for (const fusions of [[], FUSIONS]) {
      const trace = traceModel(model, model.compiled, model.compiled.plans, 'train', data);
      const outputs = ['loss', ...namedParameters(model, model.compiled).map(({ name }) => `${name}/gradient`)].map(name =>
        tensorOf(trace, name),
      );
      const plan = makePlan(trace.graph, { outputs, fusions });
      expect(plan.nodes.some(({ op }) => op.startsWith('conv2d_pool'))).toBe(fusions.length > 0);
      const executable = await gpu().prepare(plan);
      const batch = data.batch(0);
      writeBatch(executable, trace, batch, data.batchSize);
      executable.run({ rows: batch.rows, slot: 0, rowsBefore: 0, stepSize: 0 });
      found.push(await Promise.all(outputs.map(async tensor => (await executable.read(tensor)) as Float32Array)));
      executable.release();
    }
    found[0]!.forEach((values, i) => {
      expect(compare(found[1]![i]!, values).error).toBeLessThan(1e-6);
    });
    await model.close();
  });

  test('counts the valid rows of a partial batch only', async () => {
    const model = await tinyModel(gpu());
    const data = tinyData({ shuffle: false });
    const whole = await model.evaluate(data);
    let sum = 0;
    for (let index = 0; index < data.samples; index++) {
      const one = new ArraySource(
        data.batch(Math.floor(index / 5)).x.slice((index % 5) * 198, ((index % 5) + 1) * 198),
        [9, 11, 2],
        data.batch(Math.floor(index / 5)).labels!.slice((index % 5) * 3, ((index % 5) + 1) * 3),
        { shuffle: false },
      );
      sum += (await model.evaluate(one)).loss;
    }
    expect(whole.rows).toBe(23);
    expect(whole.loss).toBeCloseTo(sum / 23, 6);
    await model.close();
  });
});

describe('resuming', () => {
  /** Trains up to `interruptAt` steps in all, then goes on from the checkpoint's bytes in a new model. */
  async function train(interruptAt: number): Promise<Uint8Array> {
    setRandomSeed(21);
    const data = tinyData();
    const validationData = tinyData();
    let model = await tinyModel(gpu());
    if (interruptAt > 0) {
      const abort = new AbortController();
      const stop = { onBatchesEnd: () => {} };
      const { compiled } = model;
      const { executable } = await compiled.plans.get('train', data);
      const run = executable.run.bind(executable);
      let steps = 0;
      executable.run = scalars => {
        run(scalars);
        steps += 1;
        if (steps === interruptAt) abort.abort();
      };
      const { interrupted } = await model.fit(data, { epochs: 3, validationData, signal: abort.signal, callbacks: [stop] });
      expect(interrupted).toBe(true);
      const bytes = await writeCheckpoint(model);
      await model.close();
      // A new process would have other streams and sources.
      setRandomSeed(999);
      model = await compileCheckpoint(readCheckpoint('checkpoint', bytes), gpu());
      await model.fit(tinyData(), { epochs: 3, validationData: tinyData(), resume: model.training });
    } else await model.fit(data, { epochs: 3, validationData });
    const bytes = await writeCheckpoint(model);
    await model.close();
    return bytes;
  }

  test('from the end of an epoch, its middle or its first step gives the bytes of a run that was never interrupted', async () => {
    const straight = await train(0);
    for (const interruptAt of [5, 7, 1, 14]) {
      const resumed = await train(interruptAt);
      expect(Buffer.from(resumed).equals(Buffer.from(straight)), `interrupted at step ${interruptAt}`).toBe(true);
    }
  });

  test('from an epoch that a callback saved does too', async () => {
    setRandomSeed(22);
    const model = await tinyModel(gpu());
    let saved: Uint8Array | undefined;
    const save = {
      onEpochEnd: async (epoch: number) => {
        if (epoch === 0) saved = await writeCheckpoint(model);
      },
    };
    await model.fit(tinyData(), { epochs: 2, validationData: tinyData(), callbacks: [save] });
    const straight = await writeCheckpoint(model);
    await model.close();
    setRandomSeed(999);
    const again = await compileCheckpoint(readCheckpoint('checkpoint', saved!), gpu());
    const { history } = await again.fit(tinyData(), { epochs: 2, validationData: tinyData(), resume: again.training });
    expect(history.val_loss).toHaveLength(2);
    expect(Buffer.from(await writeCheckpoint(again)).equals(Buffer.from(straight))).toBe(true);
    await again.close();
  });
});

describe('weights', () => {
  const model = async (executor: Parameters<typeof tinyModel>[0]) => {
    const made = sequential([flatten({ inputShape: [2, 2, 1] }), dense(3, { activation: 'relu' }), dense(2, { activation: 'softmax' })], {
      seed: 1,
    });
    await made.compile({ loss: 'binaryCrossentropy', optimizer: adam({ learningRate: 0.01 }), executor });
    return made;
  };

  test('that are not finite are refused', async () => {
    const made = await model(gpu());
    const weights = await made.getWeights();
    weights['dense_1.kernel']![5] = NaN;
    expect(() => made.setWeights(weights)).toThrow("setWeights: 'dense_1.kernel'[5] is NaN, wanted finite numbers only");
    await made.close();
  });
});
