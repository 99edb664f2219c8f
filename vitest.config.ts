import { defineConfig } from 'vitest/config';

const EXACT = 'test/exact.test.ts';

/** Those that drive a browser. */
const STUDIO = [
  'test/studio.test.ts',
  'test/studio_home.test.ts',
  'test/studio_lessons.test.ts',
  'test/studio_accessibility.test.ts',
  'test/studio_faults.test.ts',
  'test/browser_engine.test.ts',
  'test/site.test.ts',
  'test/site_training.test.ts',
  'test/site_use.test.ts',
  'test/site_lessons.test.ts',
];

/** Those that damage pictures, kill, fill disks and close pipes. */
const FAULTS = ['test/faults/**/*.test.ts'];

export default defineConfig(({ mode }) => {
  const exactOnly = mode === 'exact';
  const studioOnly = mode === 'studio';
  const faultsOnly = mode === 'faults';
  const onSwiftShader = process.env.WGRAD_ADAPTER === 'swiftshader';
  const leavesExact = !exactOnly && onSwiftShader;
  if (leavesExact) console.log('not run: the exact-size network, which is slow on SwiftShader; npm run test:exact runs it');
  if (exactOnly && onSwiftShader) console.log('not run: kernels that sum products directly, which take a minute a step on SwiftShader');
  const isWhole = !exactOnly && !studioOnly && !faultsOnly;
  if (isWhole && !onSwiftShader)
    console.log("not run: the exact network's direct kernels, and more than a step of those made for GPUs; npm run test:exact runs them");
  if (isWhole) console.log('not run: the studio in a browser; npm run test:studio runs it');
  if (isWhole) console.log('not run: damaged pictures, kills, full disks and closed pipes; npm run test:faults runs them');
  const include = exactOnly ? [EXACT] : studioOnly ? STUDIO : faultsOnly ? FAULTS : ['test/**/*.test.ts'];
  return {
    test: {
      include,
      exclude: [...(leavesExact ? [EXACT] : []), ...(studioOnly ? [] : STUDIO), ...(faultsOnly ? [] : FAULTS)],
      globalSetup: 'test/helpers/not_run.ts',
      // One file at a time: kernels of two files would share the same cores or GPU, and time-outs would measure the neighbour.
      fileParallelism: false,
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  };
});
