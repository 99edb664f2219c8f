import Prism from 'prismjs/components/prism-core.js';

// Prism's grammars, which are loaded after it, look for it here.
Object.assign(globalThis, { Prism });
Prism.manual = true;

export { Prism };
