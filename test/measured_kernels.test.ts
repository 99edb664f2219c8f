import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compiledKernels } from '../bench/compiled_kernels.js';
import type { RegistersResult } from '../bench/registers_table.js';
import { stepNodes } from '../bench/step_nodes.js';
import { cases } from '../src/check/cases.js';
import { trace } from '../src/check/run.js';
import type { Node } from '../src/engine/graph.js';
import { KERNELS, kernelsOf } from '../src/kernels/index.js';
import type { AdapterKind, AdapterTraits } from '../src/kernels/variant.js';
import { packageRoot } from '../src/node/paths.js';
import { shaderNames } from '../src/node/shaders.js';
import { ReferenceExecutor } from '../src/reference/executor.js';

const KINDS: readonly AdapterKind[] = ['GPUs', 'drivers whose loads cost most', 'drivers that keep arrays in memory'];
const adapter = (kind: AdapterKind, subgroupSize = 32): AdapterTraits => ({
  kind,
  subgroupSize,
  maxInvocations: 1024,
  maxBindingBytes: 2 ** 31,
});

const several = KERNELS.filter(({ variants }) => variants.length > 1);
const shapesOf = ({ inputs }: Node): readonly number[] => Object.values(inputs).map(({ shape }) => shape.reduce((a, b) => a * b, 1));

describe('every op with kernels to choose from can be made alone, for the tuner and the bench to try', () => {
  const nodes = cases.flatMap(of => trace(of).plan.nodes);
  test.each(several.map(({ op }) => op))('%s', op => {
    const own = nodes.filter(node => node.op === op);
    expect(own.length).toBeGreaterThan(0);
    for (const node of own) {
      expect(node.withBatch, 'inputShapes of the op').toBeDefined();
      expect(shapesOf(node.withBatch!(node.attrs.batch as number))).toEqual(shapesOf(node));
      expect(kernelsOf(node.withBatch!(1)).length).toBeGreaterThan(1);
    }
  });
});

describe('what is measured', () => {
  let steps: readonly Node[];
  beforeAll(async () => {
    steps = await stepNodes(new ReferenceExecutor(), 2);
  });

  test("'bench ops' times every kernel of ops that have several", () => {
    const timed = new Set(
      steps.flatMap(node =>
        KINDS.flatMap(kind =>
          kernelsOf(node)
            .filter(variant => variant.supports(adapter(kind)))
            .map(({ name }) => `${node.op}.${name}`),
        ),
      ),
    );
    const all = several.flatMap(({ op, variants }) => variants.map(({ name }) => `${op}.${name}`));
    expect(all.filter(name => !timed.has(name))).toEqual([]);
  });

  test("'bench registers' compiles every shader", async () => {
    const compiled = new Set(compiledKernels(steps, adapter('GPUs')).map(({ shader }) => shader));
    const files = await shaderNames();
    expect(files.filter(file => !compiled.has(file))).toEqual([]);
  });
});

test("kernels made for GPUs leave room for four subgroups a SIMD of AMD's, and spill no register", async () => {
  const lines = (await readFile(join(packageRoot, 'bench', 'results', 'registers.jsonl'), 'utf8')).trim().split('\n');
  const { rows } = JSON.parse(lines.at(-1)!) as RegistersResult;
  const own = rows.filter(({ madeFor }) => madeFor === 'GPUs');
  expect(own.length).toBeGreaterThan(0);
  expect(own.filter(({ vgprs, spills, subgroups }) => vgprs > 64 || spills > 0 || subgroups < 4)).toEqual([]);
});
