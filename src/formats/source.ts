import type { ModelSource } from './model_file.js';

/** A model in memory: a file's bytes, or a folder's files by their paths in it, with '/'. */
export function bytesSource(name: string, content: Uint8Array | ReadonlyMap<string, Uint8Array>): ModelSource {
  const files = content instanceof Map ? (content as ReadonlyMap<string, Uint8Array>) : undefined;
  return {
    name,
    isFolder: files !== undefined,
    names: async () => [...new Set([...(files?.keys() ?? [])].map(path => path.split('/')[0]!))].sort(),
    async read(path) {
      const bytes = path === undefined ? (content as Uint8Array) : files?.get(path);
      if (!bytes) throw new Error(`${name}: ${path} is missing`);
      return bytes;
    },
  };
}
