import { expect, test } from 'vitest';
import { Graph } from '../src/engine/graph.js';
import { makePlan, type Plan } from '../src/engine/plan.js';
import { MOST_FLOPS } from '../src/gpu/limits.js';
import { conv2d } from '../src/ops/conv2d.js';
import { useGpu } from './helpers/gpu.js';

/** A convolution that computes much of little: of 512 channels to 512 filters, on so many maps. */
function convolution(batch: number): Plan {
  const graph = new Graph();
  const [input, kernel, bias] = [
    graph.input('input', [batch, 33, 33, 512]),
    graph.input('kernel', [5, 5, 512, 512]),
    graph.input('bias', [512]),
  ];
  return makePlan(graph, { outputs: [conv2d(input, kernel, bias, { strides: [2, 2], padding: 'valid' })] });
}

const gpu = useGpu({ pretence: { kind: 'GPUs' } });
const software = useGpu();

test('batches that a slow GPU would compute for longer than its watchdog waits are divided', () => {
  const flops = convolution(1).nodes[0]!.cost.flops;
  const most = Math.floor(MOST_FLOPS / flops);
  expect(most).toBeGreaterThan(32);
  expect([most, most + 1].map(batch => gpu().fits(convolution(batch)))).toEqual([true, false]);
});

test('a software adapter has no watchdog', () => {
  if (software().traits.kind === 'GPUs') console.log('not run: this adapter is a GPU');
  else expect(software().fits(convolution(50))).toBe(true);
});
