import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../engine/message_of.js';
import { writeReason } from '../node/errors.js';
import { admitPixelsBy } from './decode/limits.js';
import { decodeFile, type ImageTarget, readImage } from './load_file.js';
import { isShortage, MemoryBudget } from './memory_budget.js';
import { type PictureSlots, readPicture, writePicture } from './picture_file.js';
import { CHANNELS } from './resize.js';
import { SIGNATURE_SIZE, signatureOf } from './signature.js';

/** What workers share for one list of files. */
export interface LoadWorkerData {
  /** MemoryBudget's. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  readonly target: ImageTarget;
  /** Where signatures of pictures are written, in the order of the list, where they are wanted. */
  readonly signatures: Uint8Array<SharedArrayBuffer> | undefined;
}

/** Pictures to bring, each to memory that threads share. */
export type LoadRequest = DecodeRequest | StoreRequest;

export interface DecodeRequest {
  readonly what: 'decode';
  readonly row: number;
  readonly path: string;
  readonly to: Uint8Array;
  /** Where it is kept too. */
  readonly keep: PictureSlots | undefined;
}

/** Pictures of a cache file, or, to keep, from memory into it. */
export interface StoreRequest {
  readonly what: 'read' | 'keep';
  readonly rows: readonly number[];
  readonly to: readonly Uint8Array[];
  readonly file: PictureSlots;
}

/** What came of a request. */
export type LoadReply = DecodeReply | StoreReply;

export interface DecodeReply {
  readonly what: 'decode';
  readonly row: number;
  /** Why there is no picture. */
  readonly broken?: string;
  /** The machine lacked something: the file may be good. */
  readonly isShortage?: boolean;
  /** Why it was not kept. */
  readonly notKept?: string;
}

export interface StoreReply {
  readonly what: 'read' | 'keep';
  readonly rows: readonly number[];
  /** Those that the file does not hold as they were. */
  readonly missing: readonly number[];
  readonly notKept?: string;
}

const { counts, target, signatures } = workerData as LoadWorkerData;
const budget = new MemoryBudget(counts);
admitPixelsBy(pixels => budget.take(pixels));

function sign(row: number, picture: Uint8Array): void {
  signatures?.set(signatureOf(picture, target.height, target.width, CHANNELS[target.colorMode]), row * SIGNATURE_SIZE);
}

async function decode({ row, path, to, keep }: DecodeRequest, before: Promise<unknown>): Promise<DecodeReply> {
  const reading = readImage(path);
  // Its error is for later.
  reading.catch(() => {});
  // One file is decoded at a time, while the next is read: the codecs are shared, and a file that waits for memory may not keep any.
  await before;
  try {
    const bytes = await decodeFile(await reading, target);
    to.set(bytes);
    sign(row, to);
  } catch (error) {
    return { what: 'decode', row, broken: messageOf(error), isShortage: isShortage(error) };
  } finally {
    budget.giveBack();
  }
  return { what: 'decode', row, ...(keep && kept(() => writePicture(keep, row, to))) };
}

function kept(write: () => void): { readonly notKept?: string } {
  try {
    write();
    return {};
  } catch (error) {
    return { notKept: writeReason(error) };
  }
}

function read({ rows, to, file }: StoreRequest): StoreReply {
  const missing = rows.filter((row, i) => {
    try {
      if (!readPicture(file, row, to[i]!)) return true;
      sign(row, to[i]!);
      return false;
    } catch {
      return true;
    }
  });
  return { what: 'read', rows, missing };
}

function keep({ rows, to, file }: StoreRequest): StoreReply {
  const write = (): void => {
    for (const [i, row] of rows.entries()) writePicture(file, row, to[i]!);
  };
  return { what: 'keep', rows, missing: [], ...kept(write) };
}

let last: Promise<unknown> = Promise.resolve();

parentPort!.on('message', (request: LoadRequest) => {
  if (request.what !== 'decode') return parentPort!.postMessage(request.what === 'read' ? read(request) : keep(request));
  const reply = decode(request, last);
  last = reply;
  void reply.then(each => parentPort!.postMessage(each));
});
