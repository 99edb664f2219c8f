import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, defineConfig, type Plugin, type Rolldown } from 'vite';
import { circumstances } from './src/node/circumstances.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Scripts of a page opened as a file are refused by browsers, all but one that stands in it: it says what to do. */
const FROM_FILE = `if (location.protocol === 'file:') addEventListener('DOMContentLoaded', () => {
  const text = 'Browsers load the scripts of this page from a web server alone, and it was opened as a file. In its folder run "npx vite preview --outDir .", "python3 -m http.server" or any other server of files, then open the address that it prints.';
  document.getElementById('app').append(Object.assign(document.createElement('p'), { className: 'from-file', textContent: text, style: 'margin: 2rem; max-width: 46rem' }));
});`;

/** What the site may load: its own files, and nothing from elsewhere. A page that a server of ours sends has this as a header. */
const POLICY = [
  "default-src 'none'",
  `script-src 'self' 'wasm-unsafe-eval' 'sha256-${createHash('sha256').update(FROM_FILE).digest('base64')}'`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Makes a site of the page: its policy, and beside it the service worker, which knows the names and a digest of all files. */
function site(): Plugin {
  return {
    name: 'site',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' },
      { tag: 'script', children: FROM_FILE, injectTo: 'head' },
    ],
    async writeBundle({ dir }, bundle) {
      const files = Object.keys(bundle).sort();
      const digest = createHash('sha256');
      for (const file of files) digest.update(file).update(contentOf(bundle[file]!));
      await build({
        configFile: false,
        logLevel: 'warn',
        define: { __FILES__: JSON.stringify(files), __DIGEST__: JSON.stringify(digest.digest('hex').slice(0, 16)) },
        build: {
          outDir: dir!,
          emptyOutDir: false,
          target: 'es2023',
          lib: { entry: path('src/studio/site/service_worker.ts'), formats: ['iife'], name: 'worker', fileName: () => 'service_worker.js' },
        },
      });
    },
  };
}

const contentOf = (file: Rolldown.OutputChunk | Rolldown.OutputAsset): string | Uint8Array =>
  file.type === 'chunk' ? file.code : file.source;

/**
 * The studio's page, src/studio/page: to dist/studio, which the studio's server serves, or in mode 'site' to dist/site, where a worker stands in place of the
 * server. Addresses are relative, so it may lie anywhere.
 */
export default defineConfig(({ mode }) => {
  const { wgrad, commit } = circumstances('');
  return {
    root: path('src/studio/page'),
    base: './',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    define: { 'import.meta.env.WGRAD_VERSION': JSON.stringify(wgrad), 'import.meta.env.WGRAD_COMMIT': JSON.stringify(commit ?? '') },
    plugins: mode === 'site' ? [site()] : [],
    worker: { format: 'es', rolldownOptions: { checks: { ineffectiveDynamicImport: false } } },
    build: {
      outDir: path(mode === 'site' ? 'dist/site' : 'dist/studio'),
      emptyOutDir: true,
      target: 'es2023',
      // Nothing is put into the page as a data: address, which its content security policy would refuse.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // Libraries change less often than the page: browsers keep them longer. Not Prism, whose parts run in an order of their own.
      rolldownOptions: {
        // What Node loads when a file of its kind is met may be in one chunk with others here.
        checks: { ineffectiveDynamicImport: false },
        output: { codeSplitting: { groups: [{ name: 'libraries', test: /node_modules[\\/](preact|@preact|uplot|d3-)/ }] } },
      },
    },
  };
});
