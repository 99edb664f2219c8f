import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { convolutions } from '../src/studio/engine/convolutions.js';
import { useGpu } from './helpers/gpu.js';

const gpu = useGpu();

test('a convolution by each way has the numbers of float64, and a time', async () => {
  const { timed } = await convolutions(gpu(), { side: 12, channels: 16 });
  expect(timed.map(({ way }) => way)).toEqual(['direct', 'F(2×2)', 'F(4×4)']);
  for (const { way, kernel, ms, error } of timed) {
    expect(ms, kernel).toBeGreaterThan(0);
    expect(error, kernel).toBeGreaterThan(0);
    expect(error, kernel).toBeLessThan(1e-5);
    expect(kernel.includes('winograd')).toBe(way !== 'direct');
  }
});

test('the CPU reference has one way alone, and times none', async () => {
  expect(await convolutions(new ReferenceExecutor(), { side: 8, channels: 4 })).toEqual({ side: 8, channels: 4, timed: [] });
});
