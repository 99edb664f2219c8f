// What Vite bundles and TypeScript can't see into.
declare module '*.css';

declare module 'prismjs/components/prism-core.js' {
  const prism: typeof import('prismjs');
  export default prism;
}

declare module 'prismjs/components/prism-wgsl.js';
