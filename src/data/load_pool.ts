import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../engine/message_of.js';
import { memoryLeft } from '../node/memory.js';
import { packageRoot } from '../node/paths.js';
import type { ImageTarget } from './load_file.js';
import type { BrokenPicture, LoadMessage, LoadReply, LoadRequest, LoadWorkerData, SharedPart } from './load_worker.js';
import { isShortage, MemoryBudget } from './memory_budget.js';
import type { PictureFile, PictureSlots } from './picture_file.js';
import { plain } from './plain.js';
import type { SharedPlaces } from './shared_places.js';

/** Workers run the built program, also where a test runner runs its source. */
const WORKER = join(packageRoot, 'dist', 'src', 'data', 'load_worker.js');

export const MOST_WORKERS = 8;

/** Requests that a worker has at a time: one that it answers and one that waits. */
const QUEUE = 2;

/** Milliseconds that the pictures of a request are to take to decode, so that asking costs little beside, and pictures that they are at most. */
const REQUEST_MS = 4;
const MOST_TOGETHER = 16;

const ADVICE = 'The file may be good, so it is not left out: free memory, or make the largest pictures smaller';

/** Of the free memory, what files that are decoded at a time may take together. */
const DECODING_SHARE = 0.8;

/** Files that are named where it is not known which it was. */
const MOST_NAMED = 4;

export interface PoolOptions {
  readonly target: ImageTarget;
  /** See LoadWorkerData. */
  readonly signatures?: Uint8Array<SharedArrayBuffer> | undefined;
  /** Where pictures are brought to. */
  readonly places: SharedPlaces;
  /** Where they are kept, if that is known already. */
  readonly file: PictureFile | undefined;
  /** Bytes that the pictures themselves take. */
  readonly held: number;
  /** Requests at most, where they are known to be few. */
  readonly most: number;
  /** The next request, of `together` pictures at most where they are decoded; none where there is nothing to do until wake() is called. */
  next(together: number): LoadRequest | undefined;
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
  #file: PictureSlots | undefined;
  #waiting = 0;
  /** Pictures that are decoded at a time: as many as take REQUEST_MS. */
  #together = 1;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#file = options.file?.slots;
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
      const request = this.#options.next(this.#together);
      if (!request) return;
      const worker = isFree || this.#workers.size >= this.#most ? idle![0] : this.#start();
      this.#workers.get(worker)!.push(request);
      worker.postMessage(request satisfies LoadMessage);
    }
  }

  /** Tells of a block more of places, which are the options', or of the file. */
  share(part: SharedPart): void {
    if (part.what === 'file') this.#file = part.file;
    for (const worker of this.#workers.keys()) worker.postMessage(part satisfies LoadMessage);
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
    const { target, signatures, places, onReply, onEnd } = this.#options;
    const { size, perBlock, blocks } = places;
    const worker = new Worker(WORKER, {
      workerData: { counts: this.#budget.counts, target, signatures, size, perBlock, blocks, file: this.#file } satisfies LoadWorkerData,
      execArgv: [],
    });
    const given: LoadRequest[] = [];
    this.#workers.set(worker, given);
    const ended = (cause?: Error): void => {
      if (this.#isClosed) return;
      const paths = given.flatMap(request => (request.what === 'decode' ? request.paths.map(plain) : []));
      const others = paths.length > MOST_NAMED ? ` or ${paths.length - MOST_NAMED} others` : '';
      const names = `${paths.slice(0, MOST_NAMED).join(' or ') || 'no file'}${others}`;
      const what = isShortage(cause) ? `memory ran out. ${ADVICE}` : `a worker ended: ${cause ? messageOf(cause) : 'it did not say why'}`;
      onEnd(new Error(`while ${names} was decoded, ${what}`, { cause }));
    };
    worker.on('error', ended);
    worker.on('exit', () => ended());
    worker.on('message', (reply: LoadReply) => {
      given.splice(
        given.findIndex(({ what, rows }) => what === reply.what && rows[0] === reply.rows[0]),
        1,
      );
      if (reply.what === 'decode' && reply.took > 0) this.#measured(reply.took / reply.rows.length);
      onReply(reply);
      this.wake();
    });
    // To listen to messages keeps the process: only afterwards can it be let go.
    if (this.#waiting === 0) worker.unref();
    return worker;
  }

  /** Pictures differ, and a thread may have been made to wait: what took longer counts at once, what took less little by little. */
  #measured(each: number): void {
    const wanted = Math.max(1, Math.min(MOST_TOGETHER, Math.floor(REQUEST_MS / each)));
    this.#together = Math.min(wanted, this.#together + 1);
  }
}

/** Why a file gave no picture, and what to do. */
export function loadError(path: string, { reason, isShortage: lacks }: BrokenPicture): Error {
  const todo = lacks ? ADVICE : 'Remove or repair the file, or leave such files out with skipBroken (--skip-broken)';
  return new Error(`${plain(path)}: ${reason}. ${todo}`);
}
