import { describe, expect, test } from 'vitest';
import { cases, labelOf } from '../src/check/cases.js';
import { checkGradients } from '../src/check/differences.js';
import { problemOf } from '../src/check/problem.js';
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
  const problems = cases.map(of => ({ of, problem: problemOf(of) }));
  test('of every op, or it is said why it has none', () => {
    const silent = problems.filter(({ problem: { wrt, noGradient } }) => wrt.length > 0 === Boolean(noGradient));
    expect(silent.map(({ of }) => labelOf(of))).toEqual([]);
  });

  const smooth = problems.filter(({ of, problem }) => !problem.noGradient && !('fill' in of && (of.fill === 'ties' || of.fill === 'even')));
  test.each(smooth.map(({ of }) => [labelOf(of), of] as const))('%s', async (_, of) => {
    const results = await checkGradients(of);
    expect(results.length).toBeGreaterThan(0);
    for (const { input, checked, error } of results) {
      expect(checked, input).toBeGreaterThan(0);
      expect(error, input).toBeLessThan(1e-8);
    }
  });
});
