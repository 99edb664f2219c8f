import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import { packageRoot } from '../src/node/paths.js';

const FOLDER = join(packageRoot, 'bench', 'peers');

/** Installs the peers that are npm packages, where they are not: only benches need them. Throws with npm's reason where it cannot. */
export async function installPeers(say: (line: string) => void): Promise<void> {
  if (existsSync(join(FOLDER, 'node_modules'))) return;
  say('Installing TensorFlow.js and jax-js in bench/peers, once (100 MB)…');
  const windows = process.platform === 'win32';
  const install = ['ci', '--no-audit', '--no-fund'];
  await promisify(execFile)(windows ? 'npm.cmd' : 'npm', install, { cwd: FOLDER, shell: windows }).catch(error => {
    throw new Error(`they cannot be installed in bench/peers: ${reasonIn((error as { stderr?: string }).stderr ?? String(error))}`);
  });
}

/** What a peer says first. */
export interface Hello {
  readonly peer: string;
  readonly version: string;
  /** What computes: 'WebGPU', 'CPU'. */
  readonly backend: string;
  /** Which binary cross-entropy it has after a softmax; none where it can't train. */
  readonly lossFrom?: 'logits' | 'probs';
  /** How many times as far its numbers may lie from ours, where it does not compute with float32's precision. Default 1. */
  readonly tolerance?: number;
}

/** One sample of a peer: its milliseconds by its own clock, what it computed, and the most memory it has had so far. */
export interface Sample {
  readonly ms: number;
  readonly loss?: number;
  readonly probabilities?: readonly number[];
  readonly gpuBytes?: number;
  readonly rss?: number;
}

/**
 * Another program that computes the same network, in a process of its own that lives through the whole bench: it says hello, then does one sample for
 * each line that it is told, 'train' or 'predict', and sleeps in between. So it can be timed in turn with others.
 */
export class Peer {
  readonly hello: Hello;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: string[];

  private constructor(hello: Hello, child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, errors: string[]) {
    this.hello = hello;
    this.#child = child;
    this.#lines = lines;
    this.#errors = errors;
  }

  /** Starts bench/peers/<script>; throws, with the reason that it gives, where it does not run here. */
  static async start(script: string, args: readonly string[], program = process.execPath): Promise<Peer> {
    const child = spawn(program, [join(FOLDER, script), ...args]);
    const errors: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    const failed = once(child, 'error').then(([error]) => {
      throw new Error(`cannot start ${program}: ${(error as Error).message}`);
    });
    failed.catch(() => {});
    const reader: Interface = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    const hello = await Promise.race([nextAnswer<Hello>(lines, errors), failed]);
    return new Peer(hello, child, lines, errors);
  }

  get canTrain(): boolean {
    return this.hello.lossFrom !== undefined;
  }

  async sample(job: 'train' | 'predict'): Promise<Sample> {
    this.#child.stdin.write(`${job}\n`);
    return nextAnswer<Sample>(this.#lines, this.#errors);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }
}

/** The next line that is a JSON object: libraries may print others. */
async function nextAnswer<T>(lines: AsyncIterator<string>, errors: readonly string[]): Promise<T> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(reasonIn(errors.join('')));
    if (value.startsWith('{')) return JSON.parse(value) as T;
  }
}

/** The line of a program's complaints that says why it ended. */
function reasonIn(text: string): string {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean);
  return (
    lines.filter(line => /error|not found|cannot/i.test(line) && !line.startsWith('at ')).at(-1) ??
    lines.at(-1) ??
    'it ended without a word'
  );
}
