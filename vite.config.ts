import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The studio's page: src/studio/page to dist/studio, which the studio's server serves. Addresses are relative, so it may lie anywhere. */
export default defineConfig({
  root: path('src/studio/page'),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: path('dist/studio'),
    emptyOutDir: true,
    target: 'es2023',
    // Nothing is put into the page as a data: address, which its content security policy would refuse.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
