import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../engine/message_of.js';
import { writeReason } from '../node/errors.js';
import { admitPixelsBy } from './decode/limits.js';
import { FileReader } from './file_reader.js';
import { decodeFile, type ImageTarget } from './load_file.js';
import { isShortage, MemoryBudget } from './memory_budget.js';
import { type PictureSlots, readPicture, writePicture } from './picture_file.js';
import { CHANNELS } from './resize.js';
import { SharedPlaces } from './shared_places.js';
import { SIGNATURE_SIZE, signatureOf } from './signature.js';

/** What workers share for one list of files. */
export interface LoadWorkerData {
  /** MemoryBudget's. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  readonly target: ImageTarget;
  /** Where signatures of pictures are written, in the order of the list, where they are wanted. */
  readonly signatures: Uint8Array<SharedArrayBuffer> | undefined;
  /** SharedPlaces'. */
  readonly size: number;
  readonly perBlock: number;
  readonly blocks: readonly Uint8Array<SharedArrayBuffer>[];
  readonly file: PictureSlots | undefined;
}

/** What a worker is told: what there is from now on, too, or what to do. */
export type LoadMessage = SharedPart | LoadRequest;

/** A block more of places, or the file that pictures are read from and kept in. */
export type SharedPart =
  | { readonly what: 'block'; readonly block: Uint8Array<SharedArrayBuffer> }
  | { readonly what: 'file'; readonly file: PictureSlots };

/** Pictures to bring, or of those that are there, to keep. */
export type LoadRequest = DecodeRequest | StoreRequest;

interface Wanted {
  readonly rows: readonly number[];
  /** Of each row, where in SharedPlaces. */
  readonly places: readonly number[];
}

export interface DecodeRequest extends Wanted {
  readonly what: 'decode';
  readonly paths: readonly string[];
  /** Whether the file keeps them. */
  readonly isKept: boolean;
}

/** Pictures of the file, or, to keep, from memory into it. */
export interface StoreRequest extends Wanted {
  readonly what: 'read' | 'keep';
}

/** What came of a request. */
export type LoadReply = DecodeReply | StoreReply;

export interface DecodeReply {
  readonly what: 'decode';
  readonly rows: readonly number[];
  readonly broken: readonly BrokenPicture[];
  /** Milliseconds that decoding took. */
  readonly took: number;
  /** Why they were not kept. */
  readonly notKept?: string;
}

export interface BrokenPicture {
  readonly row: number;
  /** Why there is no picture. */
  readonly reason: string;
  /** The machine lacked something: the file may be good. */
  readonly isShortage: boolean;
}

export interface StoreReply {
  readonly what: 'read' | 'keep';
  readonly rows: readonly number[];
  /** Those that the file does not hold as they were. */
  readonly missing: readonly number[];
  readonly notKept?: string;
}

const { counts, target, signatures, size, perBlock, blocks, file: firstFile } = workerData as LoadWorkerData;
const places = new SharedPlaces(size, perBlock, blocks);
const budget = new MemoryBudget(counts);
const reader = new FileReader();
let file = firstFile;
admitPixelsBy(pixels => budget.take(pixels));

function sign(row: number, picture: Uint8Array): void {
  signatures?.set(signatureOf(picture, target.height, target.width, CHANNELS[target.colorMode]), row * SIGNATURE_SIZE);
}

async function decode(request: DecodeRequest, before: Promise<unknown>): Promise<DecodeReply> {
  const { rows, paths, isKept } = request;
  const readings = paths.map(path => reader.read(path));
  // Their errors are for later.
  for (const reading of readings) reading.catch(() => {});
  // One file is decoded at a time, while others are read: the codecs are shared, and a file that waits for memory may not keep any.
  await before;
  const broken: BrokenPicture[] = [];
  let took = 0;
  for (const [i, row] of rows.entries()) {
    try {
      const bytes = await readings[i]!;
      const begin = performance.now();
      const to = places.at(request.places[i]!);
      to.set(await decodeFile(bytes, target));
      sign(row, to);
      took += performance.now() - begin;
    } catch (error) {
      broken.push({ row, reason: messageOf(error), isShortage: isShortage(error) });
    } finally {
      budget.giveBack();
    }
  }
  const failed = new Set(broken.map(({ row }) => row));
  return { what: 'decode', rows, broken, took, ...(isKept && keep(request, row => !failed.has(row))) };
}

function keep(wanted: Wanted, isMeant: (row: number) => boolean): { readonly notKept?: string } {
  try {
    for (const [i, row] of wanted.rows.entries()) if (isMeant(row)) writePicture(file!, row, places.at(wanted.places[i]!));
    return {};
  } catch (error) {
    return { notKept: writeReason(error) };
  }
}

function read({ rows, places: to }: StoreRequest): StoreReply {
  const missing = rows.filter((row, i) => {
    try {
      const picture = places.at(to[i]!);
      if (!readPicture(file!, row, picture)) return true;
      sign(row, picture);
      return false;
    } catch {
      return true;
    }
  });
  return { what: 'read', rows, missing };
}

let last: Promise<unknown> = Promise.resolve();

parentPort!.on('message', (message: LoadMessage) => {
  const reply = (answer: LoadReply): void => parentPort!.postMessage(answer);
  switch (message.what) {
    case 'block':
      places.blocks.push(message.block);
      break;
    case 'file':
      ({ file } = message);
      break;
    case 'read':
      reply(read(message));
      break;
    case 'keep':
      reply({ what: 'keep', rows: message.rows, missing: [], ...keep(message, () => true) });
      break;
    case 'decode': {
      const decoded = decode(message, last);
      last = decoded;
      void decoded.then(reply);
    }
  }
});
