// What the peers in JavaScript share: their input, an adapter, and the protocol of bench/peers.ts.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { create, globals } from 'webgpu';

/** See bench/peers.ts. */
export const LEARNING_RATE = 1e-5;

/** Tensors of a safetensors file, by name: { shape, data }. */
export function readTensors(file) {
  const bytes = readFileSync(file);
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString());
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return Object.fromEntries(
    entries.map(([name, { shape, data_offsets: [begin, end] }]) => {
      const copy = new Uint8Array(bytes.subarray(8 + headerBytes + begin, 8 + headerBytes + end));
      return [name, { shape, data: new Float32Array(copy.buffer) }];
    }),
  );
}

/** Makes navigator.gpu what a browser's is, by Dawn. It stays reachable there, or Dawn would be freed under a running queue. */
export function provideGpu(adapter) {
  Object.assign(globalThis, globals);
  process.env.XDG_RUNTIME_DIR ??= '/tmp';
  const gpu = create(adapter ? [`adapter=${adapter}`] : []);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node', hardwareConcurrency: 2 }, configurable: true });
}

/**
 * Says hello, then does one sample a line of stdin: 'train' answers { ms, loss }, 'predict' { ms, probabilities }, each with the memory in use.
 * `jobs`: what a sample computes; it resolves when all is computed, with those numbers.
 */
export async function serve(hello, jobs, gpuBytes) {
  const print = answer => console.log(JSON.stringify(answer));
  print(hello);
  for await (const line of createInterface({ input: process.stdin })) {
    const begin = performance.now();
    const numbers = await jobs[line]();
    print({ ms: performance.now() - begin, ...numbers, gpuBytes: gpuBytes?.(), rss: process.resourceUsage().maxRSS * 1024 });
  }
  process.exit(0);
}
