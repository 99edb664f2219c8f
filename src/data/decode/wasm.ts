import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { messageOf } from '../../engine/message_of.js';
import { readReason } from '../../node/errors.js';

const require = createRequire(import.meta.url);

const modules = new Map<string, WebAssembly.Module>();

/**
 * The compiled module `path` of a package, such as '@imagemagick/magick-wasm/magick.wasm'. This is the only place that looks for files: a browser gets the same modules
 * by WebAssembly.compileStreaming(fetch(url)), with the URL that its bundler gives for the path.
 */
export async function wasmModule(path: string): Promise<WebAssembly.Module> {
  const known = modules.get(path);
  if (known) return known;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readFile(require.resolve(path));
  } catch (error) {
    const reason = error instanceof Error && 'syscall' in error ? readReason(error) : messageOf(error);
    throw new Error(`the decoder ${path} can't be read: ${reason}; install the package again`, { cause: error });
  }
  const module = await WebAssembly.compile(bytes);
  modules.set(path, module);
  return module;
}
