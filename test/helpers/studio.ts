import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { readInspection } from '../../src/inspect/bytes.js';
import type { Inspection } from '../../src/inspect/types.js';
import { ROUTES } from '../../src/studio/protocol.js';

const root = join(import.meta.dirname, '../..');

/** A `wgrad studio` in a process of its own. */
export class StudioProcess {
  /** With the token. */
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#process = child;
  }

  /** Starts one; resolves when it has printed its address. Throws with what it printed where it ends before. */
  static start(args: readonly string[]): Promise<StudioProcess> {
    const child = spawn(process.execPath, [join(root, 'dist/src/cli/main.js'), 'studio', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    return new Promise((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        printed += chunk;
        const url = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/.exec(printed)?.[0];
        if (url) resolve(new StudioProcess(url, child));
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', code => reject(new Error(`wgrad studio ended with ${code}: ${printed}`)));
    });
  }

  /** What the server computes of a picture of its data, asked without the page. */
  async inspect(set: string, index: number): Promise<Inspection> {
    const { origin, searchParams } = new URL(this.url);
    const response = await fetch(`${origin}${ROUTES.inspect}?set=${set}&index=${index}&training=0`, {
      method: 'POST',
      headers: { authorization: `Bearer ${searchParams.get('token')}`, origin },
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return readInspection('the answer', new Uint8Array(await response.arrayBuffer()));
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise(resolve => this.#process.once('exit', resolve));
    this.#process.kill('SIGINT');
    await ended;
  }
}
