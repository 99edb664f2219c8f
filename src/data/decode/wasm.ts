import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** A module of a @jsquash package; their loaders look for the .wasm with fetch, which knows no files. */
export async function wasmOf(path: string): Promise<WebAssembly.Module> {
  const [scope, name, ...file] = path.split('/');
  const root = dirname(require.resolve(`${scope}/${name}/package.json`));
  return WebAssembly.compile(await readFile(join(root, ...file)));
}

/** What the packages' init takes; their types leave out the first argument. */
export type Init = (wasm: WebAssembly.Module, options?: { readonly printErr: (line: string) => void }) => Promise<void>;

export const exactBuffer = (file: Uint8Array): ArrayBuffer => new Uint8Array(file).buffer;
