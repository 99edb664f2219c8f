import { expect, test } from 'vitest';
import { parseStatistics } from '../bench/registers.js';

const kernel = { op: 'adam', variant: 'naive', madeFor: 'any adapter', shader: 'adam', constants: {}, workgroups: [4, 1, 1] };
const statistics = `
Compute Shader:
*** SHADER STATS ***
SGPRs: 48
VGPRs: 200
Spilled SGPRs: 1
Spilled VGPRs: 2
Code size: 1112
LDS size: 8192
Scratch size: 0
Subgroups per SIMD: 1
Instructions: 235
Latency: 15802
Inverse Throughput: 3078
Pre-Sched VGPRs: 11
********************
`;

test("reads what AMD's compiler says of each kernel, between the driver's other words", () => {
  const text = `ac_compute_device_uuid's output is based on invalid pci bus info.\n@@ wgrad ${JSON.stringify(kernel)}\n${statistics}`;
  expect(parseStatistics(text)).toEqual([
    { ...kernel, vgprs: 200, spills: 3, lds: 8192, subgroups: 1, instructions: 235, latency: 15802, throughput: 3078 },
  ]);
});

test('says which kernel a driver of another version says nothing of', () => {
  expect(() => parseStatistics(`@@ wgrad ${JSON.stringify(kernel)}\nCompute Shader:\n`)).toThrow(
    "adam: the driver says nothing of 'VGPRs'",
  );
});
