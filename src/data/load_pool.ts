import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../engine/message_of.js';
import { memoryLeft } from '../node/memory.js';
import { packageRoot } from '../node/paths.js';
import type { ImageTarget } from './load_file.js';
import type { DecodeReply, LoadReply, LoadRequest, LoadWorkerData } from './load_worker.js';
import { isShortage, MemoryBudget } from './memory_budget.js';
import { plain } from './plain.js';

/** Workers run the built program, also where a test runner runs its source. */
const WORKER = join(packageRoot, 'dist', 'src', 'data', 'load_worker.js');

const MOST_WORKERS = 8;

/** Requests that a worker has at a time: one that it answers and one that waits. */
const QUEUE = 2;

const ADVICE = 'The file may be good, so it is not left out: free memory, or make the largest pictures smaller';

/** Of the free memory, what files that are decoded at a time may take together. */
const DECODING_SHARE = 0.8;

export interface PoolOptions {
  readonly target: ImageTarget;
  /** See LoadWorkerData. */
  readonly signatures?: Uint8Array<SharedArrayBuffer> | undefined;
  /** Bytes that the pictures themselves take. */
  readonly held: number;
  /** Requests at most, where they are known to be few. */
  readonly most: number;
  /** The next request; none where there is nothing to do until wake() is called. */
  next(): LoadRequest | undefined;
  onReply(reply: LoadReply): void;
  /** A worker ended: nothing goes on. */
  onEnd(error: Error): void;
}

/** Worker threads that decode files, and read what was kept of them. */
export class LoadPool {
  readonly #options: PoolOptions;
  readonly #budget: MemoryBudget;
  /** Each with what it was asked for. */
  readonly #workers = new Map<Worker, LoadRequest[]>();
  readonly #most: number;
  #isClosed = false;
  #waiting = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#budget = MemoryBudget.of(DECODING_SHARE * (memoryLeft() - options.held));
    this.#most = Math.min(availableParallelism(), MOST_WORKERS, options.most);
  }

  /** Hands out requests to workers that have room for them. */
  wake(): void {
    while (!this.#isClosed) {
      const idle = [...this.#workers].sort(([, a], [, b]) => a.length - b.length)[0];
      const isFree = idle?.[1].length === 0;
      const isFull = this.#workers.size >= this.#most && (idle?.[1].length ?? QUEUE) >= QUEUE;
      if (isFull) return;
      const request = this.#options.next();
      if (!request) return;
      const worker = isFree || this.#workers.size >= this.#most ? idle![0] : this.#start();
      this.#workers.get(worker)!.push(request);
      worker.postMessage(request);
    }
  }

  /** Keeps the process alive until what is waited for is there; what is only done ahead does not. */
  async wait<T>(what: Promise<T>): Promise<T> {
    this.#waiting += 1;
    for (const worker of this.#workers.keys()) worker.ref();
    try {
      return await what;
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) for (const worker of this.#workers.keys()) worker.unref();
    }
  }

  /** Whether all that was handed out is answered. */
  get isIdle(): boolean {
    return [...this.#workers.values()].every(given => given.length === 0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#workers.keys()].map(worker => worker.terminate()));
    this.#workers.clear();
  }

  #start(): Worker {
    const { target, signatures, onReply, onEnd } = this.#options;
    const worker = new Worker(WORKER, {
      workerData: { counts: this.#budget.counts, target, signatures } satisfies LoadWorkerData,
      execArgv: [],
    });
    const given: LoadRequest[] = [];
    this.#workers.set(worker, given);
    if (this.#waiting === 0) worker.unref();
    const ended = (cause?: Error): void => {
      if (this.#isClosed) return;
      const names = given.flatMap(request => (request.what === 'decode' ? [plain(request.path)] : [])).join(' or ');
      const what = isShortage(cause) ? `memory ran out. ${ADVICE}` : `a worker ended: ${cause ? messageOf(cause) : 'it did not say why'}`;
      onEnd(new Error(`while ${names || 'no file'} was decoded, ${what}`, { cause }));
    };
    worker.on('error', ended);
    worker.on('exit', () => ended());
    worker.on('message', (reply: LoadReply) => {
      given.splice(
        given.findIndex(request => isAnswer(reply, request)),
        1,
      );
      onReply(reply);
      this.wake();
    });
    return worker;
  }
}

/** Why a file gave no picture, and what to do. */
export function loadError(path: string, { broken, isShortage: lacks }: DecodeReply): Error {
  const todo = lacks ? ADVICE : 'Remove or repair the file, or leave such files out with skipBroken (--skip-broken)';
  return new Error(`${plain(path)}: ${broken}. ${todo}`);
}

function isAnswer(reply: LoadReply, request: LoadRequest): boolean {
  if (reply.what === 'decode') return request.what === 'decode' && request.row === reply.row;
  return request.what === reply.what && request.rows[0] === reply.rows[0];
}
