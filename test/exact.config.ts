import { defineConfig } from 'vitest/config';
import config from '../vitest.config.js';

/** The exact-size tests on the bundled SwiftShader, where `npm test` leaves them out: they take many minutes there. */
export default defineConfig({
  test: { ...config.test, include: ['test/exact.test.ts'], exclude: [], env: { WGRAD_ADAPTER: 'swiftshader' } },
});
