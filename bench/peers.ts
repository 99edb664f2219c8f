import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeSafetensors } from '../src/formats/safetensors.js';
import { faceMaskNetwork } from '../src/nn/networks.js';
import { packageRoot } from '../src/node/paths.js';
import { madeUpImages } from './exact.js';

/** What a peer's process prints: losses of its first steps, probabilities before them, and milliseconds of each sample. */
export interface PeerResult {
  readonly peer: string;
  readonly version: string;
  readonly losses: readonly number[];
  readonly probabilities: readonly number[];
  readonly train: readonly number[];
  readonly forward: readonly number[];
  readonly gpuBytes?: number;
  readonly rss?: number;
}

/** Writes the weights and the pictures that every peer computes with to a file that lives as long as `work`. */
export async function withPeerInput<T>(batch: number, work: (file: string) => Promise<T>): Promise<T> {
  const model = faceMaskNetwork({ seed: 2022 });
  const weights = await model.getWeights();
  const { x, y } = madeUpImages(batch);
  const named = model.weightSpecs.map(({ name, shape }) => [name, { shape, data: weights[name]! }] as const);
  const tensors = { ...Object.fromEntries(named), x: { shape: [batch, 150, 150, 3], data: x }, y: { shape: [batch, 2], data: y } };
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-bench-'));
  try {
    const file = join(folder, 'input.safetensors');
    await writeFile(file, writeSafetensors({ tensors, metadata: {} }));
    return await work(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs a peer of bench/peers in a process of its own; undefined, with the reason said, where it does not run here. */
export async function runPeer(
  script: string,
  args: readonly string[],
  say: (line: string) => void,
  program = process.execPath,
): Promise<PeerResult | undefined> {
  try {
    const path = join(packageRoot, 'bench', 'peers', script);
    const { stdout } = await promisify(execFile)(program, [path, ...args], { maxBuffer: 2 ** 26 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as PeerResult;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const lines = (stderr || message).trim().split('\n');
    say(`${script} does not run here: ${lines.filter(line => /error|not found|cannot/i.test(line)).at(-1) ?? lines.at(-1)}`);
    return undefined;
  }
}
