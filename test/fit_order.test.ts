import { describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageIterator } from '../src/data/iterator.js';
import { setRandomSeed } from '../src/engine/random.js';
import { dense, flatten } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { sgd } from '../src/nn/optimizers.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { judgeJson, judges } from './helpers/shared.js';

interface Call {
  readonly generator: string;
  readonly on_epoch_end?: boolean;
  readonly batch?: number;
  readonly batches_seen_before?: number;
  readonly files?: string[];
  readonly theta?: (number | null)[];
}

/** Notes every call that fit() makes on an iterator. */
function watch(iterator: ImageIterator, generator: string, calls: Call[]): void {
  const { batch, onEpochEnd } = iterator;
  iterator.batch = index => {
    const before = (iterator.save() as { batchesSeen: number }).batchesSeen;
    const result = batch.call(iterator, index);
    const files = result.files.map(file => file.replaceAll('\\', '/'));
    calls.push({ generator, batch: index, batches_seen_before: before, files, theta: result.parameters.map(({ theta }) => theta) });
    return result;
  };
  iterator.onEpochEnd = () => {
    calls.push({ generator, on_epoch_end: true });
    onEpochEnd.call(iterator);
  };
}

describe.each(judges)('fit() asks its generators for what Keras asks for, in the same order: $name', judge => {
  const doc = judgeJson<Record<string, Call[]>>(judge, 'fit');
  test.each([true, false])('shuffle: %s', async shuffle => {
    const augmented = imageDataGenerator({
      rescale: 1 / 255,
      rotationRange: 40,
      widthShiftRange: 0.2,
      heightShiftRange: 0.2,
      shearRange: 0.2,
      zoomRange: 0.2,
      horizontalFlip: true,
      fillMode: 'nearest',
    });
    const options = { batchSize: 8, targetSize: [20, 20] } as const;
    const train = await augmented.flowFromDirectory(judge.pictures, { ...options, seed: 42 });
    const validation = await imageDataGenerator({ rescale: 1 / 255 }).flowFromDirectory(judge.pictures, options);
    const calls: Call[] = [];
    watch(train, 'train', calls);
    watch(validation, 'validation', calls);
    const model = sequential([flatten({ inputShape: [20, 20, 3] }), dense(2, { activation: 'softmax' })]);
    await model.compile({ optimizer: sgd(), loss: 'binaryCrossentropy', executor: new ReferenceExecutor() });
    setRandomSeed(5);
    const { history } = await model.fit(train, { epochs: 3, validationData: validation, shuffle });
    expect(Object.keys(history)).toEqual(['loss', 'val_loss']);
    const wanted = doc[`shuffle=${shuffle ? 'True' : 'False'}`]!;
    expect(calls).toHaveLength(wanted.length);
    calls.forEach((call, i) => {
      const { theta, ...rest } = wanted[i]!;
      const { theta: found, ...others } = call;
      expect(others, `call ${i}`).toEqual(rest);
      theta?.forEach((angle, row) => {
        expect(found![row]!, `call ${i}`).toBeCloseTo(angle!, 12);
      });
    });
  });
});
