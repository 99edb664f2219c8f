import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { Graph } from '../src/engine/graph.js';
import { makePlan } from '../src/engine/plan.js';
import { parseShader, specialize } from '../src/gpu/shader.js';
import { inspect } from '../src/inspect/inspect.js';
import { explainNumber } from '../src/inspect/one_number.js';
import type { Inspection } from '../src/inspect/types.js';
import { globalId, type Triple } from '../src/kernels/launch.js';
import {
  averagePooling2d,
  conv2d,
  dense,
  depthwiseConv2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  separableConv2d,
  zeroPadding2d,
} from '../src/nn/layers.js';
import { sequential } from '../src/nn/model.js';
import { conv2d as conv2dOp } from '../src/ops/conv2d.js';
import { dense as denseOp } from '../src/ops/dense.js';
import { FUSIONS } from '../src/ops/fusions.js';
import { gradients } from '../src/ops/gradients.js';
import { maxPool2d } from '../src/ops/max_pool2d.js';
import { relu } from '../src/ops/relu.js';
import { ReferenceExecutor } from '../src/reference/executor.js';
import { number } from '../src/studio/page/draw/format.js';
import { cssColor, scaleOf } from '../src/studio/page/draw/scale.js';
import { evaluate, lineValues } from '../src/studio/page/shader/evaluate.js';
import { computes, launch, placeOf } from '../src/studio/page/shader/invocation.js';
import { trainingCurves } from '../src/studio/page/state/curves.js';
import { gridOf, layoutOf, partsOf } from '../src/studio/page/state/layout.js';
import { StepBuffer } from '../src/studio/page/state/steps.js';
import { sweepOf, windowGroups } from '../src/studio/page/state/windows.js';
import type { ShaderInfo } from '../src/studio/protocol.js';
import { tinyModel } from './helpers/tiny.js';

const steps = (first: number, count: number) => {
  const step = Array.from({ length: count }, (_, i) => first + i);
  const constant = (value: number): number[] => step.map(() => value);
  return { step, epoch: constant(1), loss: step.map(i => 1 / i), acc: constant(0.5), batchLoss: constant(1), ms: constant(20) };
};

describe('curves', () => {
  test('stay few however long a run is, from its first step to about its last', () => {
    const buffer = new StepBuffer();
    for (let i = 0; i < 100; i++) buffer.push(steps(1 + i * 1000, 1000));
    const { step, loss } = buffer.columns;
    expect(buffer.length).toBeLessThanOrEqual(4096);
    expect(buffer.length).toBeGreaterThan(1000);
    expect(step[0]).toBe(1);
    expect(step.at(-1)).toBeGreaterThan(99_900);
    expect(step.every((at, i) => loss[i] === 1 / at)).toBe(true);
    expect(new Set(step.slice(1).map((at, i) => at - step[i]!)).size).toBe(1);
  });

  test("lay epochs' ends on the steps, also where a step was thinned out", () => {
    const buffer = new StepBuffer();
    buffer.push(steps(1, 4));
    const end = (epoch: number, step: number, best: boolean) => ({ epoch, step, loss: 9, acc: 0.1, val_loss: step, best, msPerStep: 1 });
    const { x, loss, valLoss, best } = trainingCurves(buffer, [end(1, 2, true), end(2, 7, false)]);
    expect(x).toEqual([1, 2, 3, 4, 7]);
    expect(valLoss).toEqual([null, 2, null, null, 7]);
    expect(loss).toEqual([1, 1 / 2, 1 / 3, 1 / 4, 9]);
    expect(best).toEqual([2]);
  });
});

describe('colours and numbers', () => {
  test('numbers below 0 make a scale that is as strong to both sides, with 0 white', () => {
    const scale = scaleOf({ data: [-1, 3] });
    expect(scale).toEqual({ kind: 'signed', low: -3, high: 3 });
    const shades = /rgb\((\d+) (\d+) (\d+)\)/.exec(cssColor(scale, 0).ground)!.slice(1).map(Number);
    expect(Math.min(...shades)).toBeGreaterThan(240);
    expect(scaleOf({ data: [0, 2, 9], stride: 2 })).toEqual({ kind: 'magnitude', low: 0, high: 9 });
  });

  test('text on a colour can be read', () => {
    const scale = scaleOf({ data: [0, 1] });
    expect(cssColor(scale, 0).ink).toBe('#ffffff');
    expect(cssColor(scale, 1).ink).toBe('#000000');
    const light = (part: number): number => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = ([r, g, b]: readonly number[]): number => 0.2126 * light(r!) + 0.7152 * light(g!) + 0.0722 * light(b!);
    for (const data of [
      [0, 1],
      [-1, 1],
    ]) {
      for (let value = data[0]!; value <= 1; value += 0.01) {
        const { ground, ink } = cssColor(scaleOf({ data }), value);
        const [behind, text] = [ground.match(/\d+/g)!.map(Number), ink.match(/\w\w/g)!.map(each => Number.parseInt(each, 16))].map(
          luminance,
        );
        expect((Math.max(behind!, text!) + 0.05) / (Math.min(behind!, text!) + 0.05), `${value}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test('numbers keep four digits', () => {
    expect([0, 12, 0.123456, -0.00001234, 1e7 / 3].map(value => number(value))).toEqual([
      '0',
      '12',
      '0.1235',
      '−1.23e−5',
      '3.33e6'.replace('e', 'e+'),
    ]);
  });
});

describe('addresses', () => {
  beforeAll(() => {
    vi.stubGlobal('location', { hash: '' });
    vi.stubGlobal('addEventListener', () => {});
  });

  test('are read as they were written', async () => {
    const { formatRoute, parseRoute } = await import('../src/studio/page/state/route.js');
    const route = { view: 'number', path: [], params: { tensor: 'layer0/kernel/gradient', index: '3', picture: 'validation:2' } } as const;
    expect(formatRoute(route)).toBe('#/number?tensor=layer0/kernel/gradient&index=3&picture=validation%3A2');
    expect(parseRoute(formatRoute(route))).toEqual(route);
    expect(parseRoute('#/lessons/why%20pool')).toEqual({ view: 'lessons', path: ['why pool'], params: {} });
    expect(parseRoute('#/nowhere').view).toBe('home');
  });
});

describe('an inspection on the page', () => {
  let inspection: Inspection;
  beforeAll(async () => {
    const model = await tinyModel(new ReferenceExecutor());
    const picture = Float32Array.from({ length: 9 * 11 * 2 }, (_, i) => Math.sin(i));
    inspection = await inspect(model, picture, Float32Array.of(0, 1, 0), { training: true });
    await model.close();
  });

  test('every number of every tensor has one place in its maps, and is drawn there', () => {
    const tensors = inspection.layers.flatMap(({ index }) => partsOf(inspection, index).map(({ part }) => `layer${index}/${part}`));
    expect(tensors).toContain('layer5/kernel/gradient');
    for (const tensor of [...tensors, 'input', 'loss', 'probabilities']) {
      const layout = layoutOf(inspection, tensor)!;
      expect(layout.height * layout.width * layout.tiles * layout.others, tensor).toBe(layout.data.length);
      for (let index = 0; index < layout.data.length; index++) {
        const spot = layout.spotOf(index);
        const { offset, stride } = layout.slice(spot.tile, spot.other);
        expect(layout.indexOf(spot)).toBe(index);
        expect(offset + (spot.row * layout.width + spot.column) * stride).toBe(index);
      }
    }
  });

  test("a dense layer's kernel behind a flatten is laid out as the pictures before it", () => {
    expect(layoutOf(inspection, 'layer5/kernel')).toMatchObject({ height: 3, width: 4, tiles: 5, others: 6 });
    expect(layoutOf(inspection, 'layer4/output')).toMatchObject({ height: 3, width: 4, tiles: 5 });
    expect(layoutOf(inspection, 'layer6/kernel')).toMatchObject({ height: 6, width: 3, tiles: 1 });
    expect(gridOf(50)).toEqual([5, 10]);
  });

  test("windows hold all products, and their sums and the bias make the buffer's number", () => {
    for (const [tensor, index, groups, cells] of [
      ['layer2/pre_activation', 23, 4, 6],
      ['layer1/output/gradient', 17, 5, 6],
      ['layer0/pre_activation', 100, 2, 9],
    ] as const) {
      const terms = explainNumber(inspection, tensor, index);
      const found = windowGroups(inspection, terms)!;
      expect(found.length, tensor).toBe(groups);
      expect(found.every(group => group.height * group.width === cells)).toBe(true);
      expect(found.flatMap(group => group.cells.filter(Boolean)).length).toBe(terms.terms.length);
      const sum = found.reduce((total, group) => total + group.sum, terms.bias?.value ?? 0);
      expect(sum).toBeCloseTo(inspection.tensors[tensor]!.data[index]!, 6);
    }
    const pool = windowGroups(inspection, explainNumber(inspection, 'layer1/output', 5))!;
    expect(pool[0]!.cells.filter(term => term?.isChosen).length).toBe(1);
    expect(windowGroups(inspection, explainNumber(inspection, 'layer5/pre_activation', 0))).toBeUndefined();
  });

  test("a convolution's weight has a term for each place of the output, row by row", () => {
    const terms = explainNumber(inspection, 'layer2/kernel/gradient', 7);
    const [height, width] = sweepOf(inspection, terms)!;
    const channels = inspection.layers[2]!.outputShape[2]!;
    expect(terms.terms.map(({ rightAt }) => Math.floor(rightAt!.index / channels))).toEqual(
      Array.from({ length: height * width }, (_, place) => place),
    );
    for (const tensor of ['layer2/bias/gradient', 'layer5/kernel/gradient', 'layer2/output']) {
      expect(sweepOf(inspection, explainNumber(inspection, tensor, 0)), tensor).toBeUndefined();
    }
  });
});

describe('an inspection of convolutions in steps and of means on the page', () => {
  let inspection: Inspection;
  const numbers = (): readonly (readonly [tensor: string, length: number])[] =>
    inspection.layers.flatMap(({ index }) =>
      partsOf(inspection, index).map(
        ({ part }) => [`layer${index}/${part}`, inspection.tensors[`layer${index}/${part}`]!.data.length] as const,
      ),
    );

  beforeAll(async () => {
    const model = sequential(
      [
        zeroPadding2d(
          [
            [1, 0],
            [2, 1],
          ],
          { inputShape: [7, 8, 3] },
        ),
        depthwiseConv2d([3, 2], { padding: 'same', depthMultiplier: 2, activation: 'relu' }),
        averagePooling2d(3, { strides: 2, padding: 'same' }),
        separableConv2d(4, 2, { depthMultiplier: 2, activation: 'tanh' }),
        conv2d(5, 2, { dilationRate: 2, padding: 'same', useBias: false }),
        globalAveragePooling2d({ keepdims: true }),
        globalMaxPooling2d(),
        dense(3, { activation: 'softmax' }),
      ],
      { seed: 3 },
    );
    await model.compile({ loss: 'categoricalCrossentropy', executor: new ReferenceExecutor() });
    const picture = Float32Array.from({ length: 7 * 8 * 3 }, (_, i) => Math.sin(i));
    inspection = await inspect(model, picture, Float32Array.of(0, 1, 0));
    await model.close();
  });

  test('every tensor of every layer can be chosen, has a place for each number, and its layer', () => {
    const known = Object.keys(inspection.tensors).filter(
      name => /^layer\d+\/\w+(\/gradient)?$/.test(name) && !/pre_activation\/gradient/.test(name),
    );
    expect(
      numbers()
        .map(([tensor]) => tensor)
        .sort(),
    ).toEqual(known.sort());
    expect(known).toContain('layer3/depthwise/gradient');
    for (const [tensor, length] of numbers()) {
      const layout = layoutOf(inspection, tensor)!;
      expect(layout.height * layout.width * layout.tiles * layout.others, tensor).toBe(length);
      for (let index = 0; index < length; index++) expect(layout.indexOf(layout.spotOf(index))).toBe(index);
    }
    expect(layoutOf(inspection, 'layer1/depthwise_kernel')).toMatchObject({ height: 3, width: 2, tiles: 3, unit: 'channel', others: 2 });
    expect(partsOf(inspection, 3).map(({ label }) => label)).toEqual(
      expect.arrayContaining(['Depthwise', 'Gradient of the depthwise', 'Depthwise kernel', 'Gradient of the pointwise kernel']),
    );
  });

  test('windows of any of their numbers hold all of its products', () => {
    const shown = new Set<string>();
    for (const [tensor, length] of numbers()) {
      for (const index of [0, Math.floor(length / 2), length - 1]) {
        const terms = explainNumber(inspection, tensor, index);
        const groups = windowGroups(inspection, terms);
        if (groups) {
          shown.add(tensor);
          expect(groups.flatMap(({ cells }) => cells.filter(Boolean)).length, `${tensor}[${index}]`).toBe(terms.terms.length);
        }
        const size = sweepOf(inspection, terms);
        if (size) expect(terms.terms.length, tensor).toBe(size[0] * size[1]);
      }
    }
    for (const tensor of [
      'layer1/pre_activation',
      'layer2/output',
      'layer3/depthwise',
      'layer3/pre_activation',
      'layer5/output',
      'layer0/output/gradient',
    ])
      expect([...shown]).toContain(tensor);
  });
});

describe('shaders', () => {
  const adapter = { subgroupSize: 8, maxInvocations: 256, maxBindingBytes: 2 ** 27, kind: 'GPUs' as const };
  const vector = ([x, y, z]: Triple) => ({ x, y, z });

  /** A node as the server tells of it: convolution, relu and pooling in one, or the parts of them. */
  function nodeOf(op: string, fusions = FUSIONS): ShaderInfo {
    const graph = new Graph();
    const [input, kernel, bias] = [graph.input('input', [2, 24, 24, 4]), graph.input('kernel', [3, 3, 4, 100]), graph.input('bias', [100])];
    const output = maxPool2d(relu(conv2dOp(input, kernel, bias, { strides: [1, 1], padding: 'valid' })), {
      kernel: [2, 2],
      strides: [2, 2],
      padding: 'valid',
    });
    const found = gradients(graph, output, [input, kernel, bias], graph.input('dOutput', output.shape));
    const node = makePlan(graph, { outputs: [output, ...found], fusions }).nodes.find(each => each.op === op)!;
    return { ...node, flops: 0, variant: '', variants: [] } as unknown as ShaderInfo;
  }

  /** Which dispatch computes an element, and the values of its shader's `let` lines, by name, for the invocation that does. */
  function valuesFor(node: ShaderInfo, variant: string, output: string, element: number) {
    const launched = launch(node, variant, adapter);
    const at = computes(launched, output);
    const { shader, params = {}, constants = {}, workgroups } = launched.dispatches[at]!;
    const place = placeOf(launched, at, output, element)!;
    const names = { groups: vector(workgroups), id: vector(globalId(place)), group: vector(place.group), lane: place.lane };
    const text = readFileSync(join(import.meta.dirname, `../shaders/${shader}.wgsl`), 'utf8');
    const lines = specialize(parseShader(shader, text), constants).split('\n');
    const values = lineValues(lines, { ...names, params: params as Record<string, number> });
    const named = lines.flatMap((line, i) => {
      const name = /let (\w+) =/.exec(line)?.[1];
      return name !== undefined && values[i] !== undefined ? [[name, values[i]] as const] : [];
    });
    // Of names that are declared again, the first: what is outside of loops.
    return { shader, place, values: Object.fromEntries(named.reverse()) as Record<string, number> };
  }

  test('expressions are computed as WGSL does', () => {
    const names = { a: 7, params: { stride: 3 }, id: { x: 5 } };
    expect(evaluate('id.x / params.stride * 2u + a % 4u', names)).toBe(5);
    expect(evaluate('(a - 8u) + 2u', names)).toBe(1);
    expect(evaluate('a - 8u', names)).toBe(4294967295);
    expect(evaluate('a * unknown', names)).toBeUndefined();
    expect(evaluate('f32(a)', names)).toBeUndefined();
  });

  test('the invocation of a naive kernel has the ids that lead to its element', () => {
    const element = (5 * 22 + 6) * 100 + 42;
    expect(valuesFor(nodeOf('conv2d_forward', []), 'naive', 'output', element).values).toMatchObject({
      index: element,
      y: 5,
      x: 6,
      f: 42,
      n: 0,
    });
    expect(valuesFor(nodeOf('max_pool2d_forward', []), 'naive', 'argmax', 333).values).toMatchObject({ index: 333 });
  });

  test('the invocation of a tiled kernel covers its element', () => {
    for (const element of [0, 42, 11_742, 48_399]) {
      const [position, filter] = [Math.floor(element / 100), element % 100];
      const { values } = valuesFor(nodeOf('conv2d_forward', []), 'tiled', 'output', element);
      expect(Math.floor((position - values.firstPosition! - 4 * values.four!) / 4)).toBe(0);
      expect(Math.floor((filter - values.firstFilter! - 4 * values.quad!) / 4)).toBe(0);
    }
  });

  test('of several dispatches the one is found that computes the element, not the one that only adds up parts', () => {
    const backward = nodeOf('conv2d_pool_backward_kernel');
    expect(valuesFor(backward, 'tiled', 'dKernel', 70).shader).toBe('conv2d_pool_backward_kernel.tiled');
    expect(valuesFor(backward, 'winograd', 'dKernel', 70)).toMatchObject({ shader: 'winograd4_kernel_gradient', values: { index: 17 } });
    expect(valuesFor(backward, 'winograd', 'dBias', 70)).toMatchObject({ shader: 'pool_bias_backward', values: { f: 70 } });
    const element = (5 * 11 + 4) * 100 + 17;
    const { shader, values } = valuesFor(nodeOf('conv2d_pool_forward'), 'winograd', 'output', element);
    expect([shader, values.word, values.tile]).toEqual(['winograd4_output_pool', 2, 14]);
  });

  test("the gradient of a convolution's bias is computed beside that of its kernel", () => {
    const backward = nodeOf('conv2d_pool_backward_kernel');
    const { shader, values } = valuesFor(backward, 'tiled', 'dBias', 70);
    // The row after those of the 36 taps.
    expect([shader, values.firstTap! + 8 * values.eight!, values.firstFilter! + 4 * values.quad!]).toEqual([
      'conv2d_pool_backward_kernel.tiled',
      32,
      68,
    ]);
    expect(valuesFor(backward, 'winograd_tiled', 'dBias', 70)).toMatchObject({
      shader: 'winograd4_kernel_gradient.single',
      values: { index: 470, f: 70 },
    });
  });

  test("the gradient of a dense layer's bias is computed beside that of its kernel", () => {
    for (const batch of [10, 1100]) {
      const graph = new Graph();
      const [input, kernel, bias] = [graph.input('input', [batch, 70]), graph.input('kernel', [70, 150]), graph.input('bias', [150])];
      const output = denseOp(input, kernel, bias);
      const found = gradients(graph, output, [kernel, bias], graph.input('dOutput', output.shape));
      const node = { ...makePlan(graph, { outputs: found }).nodes[0]!, flops: 0, variant: '', variants: [] } as unknown as ShaderInfo;
      const { shader, values, place } = valuesFor(node, 'tiled', 'dBias', 131);
      expect([shader, place.group[0], values.eight]).toEqual(['dense_backward_kernel.tiled', 0, 0]);
      expect(values.firstUnit! + 4 * values.quad!).toBe(128);
      expect(valuesFor(node, 'naive', 'dBias', 131)).toMatchObject({ shader: 'dense_backward_kernel.naive', values: { u: 131, k: 70 } });
    }
  });

  test('a dispatch on the way to a number has no invocation that computes it', () => {
    const launched = launch(nodeOf('conv2d_pool_forward'), 'winograd', adapter);
    expect(launched.dispatches.map((_, at) => placeOf(launched, at, 'output', 5) !== undefined)).toEqual([false, false, false, true]);
  });
});
