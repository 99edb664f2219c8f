import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // There they take many minutes: `npm run test:exact`.
    exclude: process.env.WGRAD_ADAPTER === 'swiftshader' ? ['test/exact.test.ts'] : [],
    globalSetup: 'test/helpers/not_run.ts',
    // One file at a time: kernels of two files would share the same cores or GPU, and time-outs would measure the neighbour.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
