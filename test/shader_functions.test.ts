import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cookToom, F4_POINTS, type Matrix, toNumber } from '../bench/cook_toom.js';
import { F2, F4 } from '../src/kernels/conv2d/winograd.js';

const folder = join(import.meta.dirname, '../shaders');
const shaders = readdirSync(folder).map(file => ({ name: file.replace('.wgsl', ''), text: readFileSync(join(folder, file), 'utf8') }));

interface WgslFunction {
  readonly shader: string;
  readonly name: string;
  /** Parameters and what it gives. */
  readonly signature: string;
  readonly body: string;
}

const functions = shaders.flatMap(({ name: shader, text }): WgslFunction[] =>
  [...text.matchAll(/^fn (\w+)(\([^{]*) \{\n([\s\S]*?)^\}/gm)].map(([, name, signature, body]) => ({
    shader,
    name: name!,
    signature: signature!,
    body: body!,
  })),
);

/** What each file says in its own way. */
const OWN = ['main', 'row_loss', 'element_gradient'];

test('functions of the same name and signature are the same, word for word, in all shaders', () => {
  const first = new Map<string, WgslFunction>();
  for (const each of functions.filter(({ name }) => !OWN.includes(name))) {
    const key = each.name + each.signature;
    const other = first.get(key) ?? each;
    first.set(key, other);
    expect(each.body, `${each.name} of ${each.shader} and of ${other.shader}`).toBe(other.body);
  }
  const shared = functions
    .filter(each => first.get(each.name + each.signature) !== each && !OWN.includes(each.name))
    .map(({ name }) => name);
  for (const name of ['input_transform', 'output_transform', 'gradient_transform', 'pack_four', 'unpack_four', 'is_finite'])
    expect(shared).toContain(name);
});

/** The matrix of a transform: what it makes of each unit vector. The function's arithmetic is read as JavaScript. */
function matrixOf({ signature, body }: WgslFunction): number[][] {
  const parameters = [...signature.matchAll(/(\w+): (f32|vec4<f32>|array<[^,]*, (\d)>)/g)];
  const inArray = parameters[0]![3];
  const script = body
    .replaceAll(/array<[^(]*\(/g, 'list(')
    .replaceAll('vec4<f32>(', '(')
    .replaceAll('let ', 'const ');
  const run = new Function('fma', 'list', ...parameters.map(([, name]) => name!), script);
  const size = inArray === undefined ? parameters.length : Number(inArray);
  const columns = Array.from({ length: size }, (_, unit) => {
    const vector = Array.from({ length: size }, (__, i) => (i === unit ? 1 : 0));
    const fma = (a: number, b: number, c: number): number => a * b + c;
    return run(fma, (...values: number[]) => values, ...(inArray === undefined ? vector : [vector])) as number[];
  });
  return columns[0]!.map((_, row) => columns.map(column => column[row]!));
}

const numbers = (matrix: Matrix): number[][] => matrix.map(row => row.map(toNumber));
const transposed = (matrix: readonly (readonly number[])[]): number[][] => matrix[0]!.map((_, i) => matrix.map(row => row[i]!));
const apply = (matrix: readonly (readonly number[])[], vector: readonly number[]): number[] =>
  matrix.map(row => row.reduce((sum, value, i) => sum + value * vector[i]!, 0));

/** The largest error of F(outputs, 3) by these matrices against the sum as it is defined. */
function errorOf(kernel: number[][], inputT: number[][], outputT: number[][]): number {
  const d = inputT.map((_, i) => Math.sin(3 * i + 1));
  const g = [0.3, -0.7, 0.45];
  const [u, v] = [apply(kernel, g), apply(inputT, d)];
  const found = apply(
    outputT,
    u.map((value, i) => value * v[i]!),
  );
  return Math.max(...found.map((value, i) => Math.abs(value - g.reduce((sum, tap, k) => sum + tap * d[i + k]!, 0))));
}

describe("Winograd's transforms", () => {
  const derived = cookToom(4, 3, F4_POINTS);
  const [kernel, inputT, outputT] = [numbers(derived.kernel), numbers(derived.inputT), numbers(derived.outputT)];

  test('Cook and Toom give a convolution', () => {
    expect(errorOf(kernel, inputT, outputT)).toBeLessThan(1e-14);
  });

  test.each([
    ['spread_out', kernel],
    ['input_transform', inputT],
    ['output_transform', outputT],
    ['gradient_transform', transposed(outputT)],
    ['gather_up', transposed(kernel)],
  ])('%s of F(4x4) is what Cook and Toom derive from its points', (name, matrix) => {
    const found = functions.filter(each => each.name === name && each.shader.startsWith('winograd4'));
    expect(found.length).toBeGreaterThan(0);
    for (const each of found) {
      const rows = matrixOf(each);
      expect(rows.length).toBe(matrix.length);
      rows.forEach((row, i) => {
        row.forEach((value, j) => {
          expect(value, `${each.shader} [${i}, ${j}]`).toBeCloseTo(matrix[i]![j]!, 14);
        });
      });
    }
  });

  test('F(2x2) is a convolution', () => {
    const of = (name: string) => matrixOf(functions.find(each => each.name === name && each.shader.startsWith('winograd2'))!);
    expect(errorOf(of('spread_out'), of('input_transform'), of('output_transform'))).toBeLessThan(1e-14);
  });
});

test("Winograd's transforms amplify roundings as their matrices' rows say", () => {
  const meanNorm = (matrix: readonly (readonly number[])[]): number =>
    Math.sqrt(matrix.flat().reduce((sum, value) => sum + value ** 2, 0) / matrix.length);
  const amplification = (points: Parameters<typeof cookToom>[2], outputs: number): number => {
    const { kernel, inputT, outputT } = cookToom(outputs, 3, points);
    return [kernel, inputT, outputT].reduce((product, matrix) => product * meanNorm(matrix.map(row => row.map(toNumber))) ** 2, 1);
  };
  expect(amplification(F4_POINTS, 4)).toBeCloseTo(F4.amplification, 2);
  expect(amplification([F4_POINTS[0]!, [1n, 1n], [-1n, 1n]], 2)).toBeCloseTo(F2.amplification, 2);
});
