import { describe, expect, test } from 'vitest';
import { imageDataGenerator } from '../src/data/directory.js';
import type { ImageSet } from '../src/data/iterator.js';
import { MemoryPixels } from '../src/data/pixels.js';
import { RandomState, setRandomSeed } from '../src/engine/random.js';
import { conv2d, dense, flatten, maxPooling2d } from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { useGpu } from './helpers/gpu.js';

const [HEIGHT, WIDTH, COUNT] = [20, 17, 203];
const BYTES = COUNT * HEIGHT * WIDTH * 3;

/** Pictures of two classes, of which one is brighter. */
function pictures(seed: number): ImageSet {
  const random = new RandomState(seed);
  const classes = Array.from({ length: COUNT }, (_, i) => i % 2);
  const size = HEIGHT * WIDTH * 3;
  const bytes = new Uint8Array(BYTES).map((_, i) => 200 * random.random() + 50 * classes[Math.floor(i / size)]!);
  const names = { classNames: ['dark', 'bright'], filenames: classes.map((_, i) => `${i}.png`) };
  return { pixels: new MemoryPixels(bytes, size), height: HEIGHT, width: WIDTH, channels: 3, classes, ...names };
}

describe('a GPU that keeps all pictures trains as one that gets each batch', () => {
  const kind = 'GPUs' as const;
  const keeping = useGpu({ pretence: { kind } });
  // A device that can't bind them all at once is brought the rows of each batch.
  const brought = useGpu({ pretence: { kind }, maxBindingBytes: BYTES - 4 });

  test('to the same bits, with another set of pictures afterwards, too', async () => {
    expect(keeping().keptBytes).toBeGreaterThan(BYTES);
    expect(brought().keptBytes).toBeLessThan(BYTES);
    const [first, second] = await Promise.all(
      [keeping(), brought()].map(async executor => {
        const layers = [
          conv2d(4, 3, { activation: 'relu', inputShape: [HEIGHT, WIDTH, 3] }),
          maxPooling2d(2),
          flatten(),
          dense(2, { activation: 'sigmoid' }),
        ];
        const model = sequential(layers, { seed: 3 });
        await model.compile({ loss: 'binaryCrossentropy', metrics: ['acc'], executor });
        return model;
      }),
    );
    for (const seed of [7, 8]) {
      const losses: (number | undefined)[] = [];
      for (const model of [first!, second!]) {
        setRandomSeed(11);
        const generator = imageDataGenerator({ rescale: 1 / 255, rotationRange: 30, zoomRange: 0.2, horizontalFlip: true });
        const source = generator.flow(pictures(seed), { batchSize: 10 });
        const { history } = await model.fit(source, { epochs: 2, validationData: source });
        losses.push(history.loss!.at(-1), history.val_loss!.at(-1));
      }
      expect(losses.slice(0, 2)).toEqual(losses.slice(2));
      const [weights, others] = [await first!.getWeights(), await second!.getWeights()];
      for (const [name, values] of Object.entries(weights))
        expect(Buffer.from(values.buffer).equals(Buffer.from(others[name]!.buffer))).toBe(true);
    }
    await first!.close();
    await second!.close();
  });
});
