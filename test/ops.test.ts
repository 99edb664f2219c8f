import { describe, expect, test } from 'vitest';
import { cases, labelOf } from '../src/check/cases.js';
import { checkGradients } from '../src/check/differences.js';
import { checkCase } from '../src/check/run.js';
import { useGpu } from './helpers/gpu.js';

describe('every kernel gives what the CPU reference gives, and writes nowhere else', () => {
  const gpu = useGpu({ guardBytes: 256 });
  test.each(cases.map(of => [labelOf(of), of] as const))('%s', async (_, of) => {
    const results = await checkCase(of, gpu());
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(result => !result.ok)).toEqual([]);
  });
});

describe('gradients of the reference agree with differences of its values', () => {
  const differentiable = cases.filter(({ op }) => !['adam', 'sgd', 'record', 'categorical_accuracy', 'binary_accuracy'].includes(op));
  const smooth = differentiable.filter(of => !('fill' in of && (of.fill === 'ties' || of.fill === 'even')));
  test.each(smooth.map(of => [labelOf(of), of] as const))('%s', async (_, of) => {
    for (const { input, checked, error } of await checkGradients(of)) {
      expect(checked, input).toBeGreaterThan(0);
      expect(error, input).toBeLessThan(1e-8);
    }
  });
});
