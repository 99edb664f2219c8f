import { defineConfig } from 'vitest/config';

const EXACT = 'test/exact.test.ts';

export default defineConfig(({ mode }) => {
  const exactOnly = mode === 'exact';
  const leavesExact = !exactOnly && process.env.WGRAD_ADAPTER === 'swiftshader';
  if (leavesExact) console.log('not run: the exact-size network, which is slow on SwiftShader; npm run test:exact runs it');
  return {
    test: {
      include: exactOnly ? [EXACT] : ['test/**/*.test.ts'],
      exclude: leavesExact ? [EXACT] : [],
      globalSetup: 'test/helpers/not_run.ts',
      // One file at a time: kernels of two files would share the same cores or GPU, and time-outs would measure the neighbour.
      fileParallelism: false,
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  };
});
