/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The package's version, and the commit that the page was built from, where that is known. */
  readonly WGRAD_VERSION: string;
  readonly WGRAD_COMMIT: string;
}

// What TypeScript can't see into.
declare module 'prismjs/components/prism-core.js' {
  const prism: typeof import('prismjs');
  export default prism;
}

declare module 'prismjs/components/prism-wgsl.js';
