import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readReason } from '../../node/errors.js';
import { packageRoot } from '../../node/paths.js';

/** What a codec of codecs/ exports: its memory, and a function that allocates in it. */
export interface Codec {
  readonly memory: WebAssembly.Memory;
  readonly allocate: (bytes: number) => number;
}

const modules = new Map<string, WebAssembly.Module>();

/** The compiled module codecs/<name>.wasm. */
async function codecModule(name: string): Promise<WebAssembly.Module> {
  const known = modules.get(name);
  if (known) return known;
  const path = join(packageRoot, 'codecs', `${name}.wasm`);
  const bytes = await readFile(path).catch(error => {
    throw new Error(`the decoder ${path} can't be read: ${readReason(error)}; install the package again`, { cause: error });
  });
  const module = await WebAssembly.compile(bytes);
  modules.set(name, module);
  return module;
}

/** A codec's own error: what it found wrong with the file. */
class CodecError extends Error {}

/** Memory from which on an instance is not used again: it never shrinks. */
const MOST_MEMORY = 8 << 20;

interface Instance {
  readonly codec: Codec;
  /** Its memory before it has done anything. */
  readonly beginning: Uint8Array;
  take: (rows: Uint8Array) => void;
}

const kept = new Map<string, Instance>();

function newInstance(module: WebAssembly.Module): Instance {
  const view = (at: number, length: number): Uint8Array => new Uint8Array(codec.memory.buffer, at, length);
  const host = {
    take: (at: number, length: number) => instance.take(view(at, length)),
    fail: (at: number, length: number) => {
      throw new CodecError(new TextDecoder().decode(view(at, length)));
    },
  };
  const codec = new WebAssembly.Instance(module, { host }).exports as unknown as Codec;
  const instance: Instance = { codec, beginning: new Uint8Array(codec.memory.buffer).slice(), take: () => {} };
  return instance;
}

/**
 * Runs `decode` with a file that lies at `at` in the memory of codecs/<name>.wasm. `take` gets the codec's rows, one piece after another, each valid only
 * during the call. A file has the codec for itself, as nothing waits while it works, and finds it as new: its memory is brought back to its beginning after
 * each file, and after an error the instance is given up. Throws what the codec says of the file, which is of format `kind`.
 */
export async function withCodec<T extends Codec, R>(
  name: string,
  kind: string,
  file: Uint8Array,
  take: (rows: Uint8Array) => void,
  decode: (codec: T, at: number) => R,
): Promise<R> {
  const module = await codecModule(name);
  const instance = kept.get(name) ?? newInstance(module);
  kept.delete(name);
  const { codec, beginning } = instance;
  instance.take = take;
  const at = codec.allocate(file.length);
  if (at === 0) throw new Error('out of memory');
  new Uint8Array(codec.memory.buffer, at, file.length).set(file);
  let result: R;
  try {
    result = decode(codec as T, at);
  } catch (error) {
    if (!(error instanceof CodecError || error instanceof WebAssembly.RuntimeError)) throw error;
    throw new Error(`the ${kind} data is broken: ${error.message}`, { cause: error });
  }
  const memory = new Uint8Array(codec.memory.buffer);
  if (memory.length <= MOST_MEMORY) {
    memory.set(beginning);
    memory.fill(0, beginning.length);
    kept.set(name, instance);
  }
  return result;
}
