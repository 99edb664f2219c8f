import { messageOf } from '../../engine/message_of.js';
import type { ModelKind } from '../../formats/model_file.js';
import type { OneWeight } from '../../inspect/moved_weight.js';
import type { Command, ExplainKind, PictureQuery, PictureSet, ServerEvent } from '../protocol.js';
import type { ConvolutionSize } from './convolutions.js';
import { HttpError } from './http_error.js';

/** What the process that computes is asked for on behalf of a request. */
export type Ask =
  | { readonly what: 'batch' }
  /** As a file of a kind; a folder's files as a zip. */
  | { readonly what: 'model'; readonly kind: ModelKind }
  | { readonly what: 'shaders' }
  | { readonly what: 'convolutions'; readonly size: ConvolutionSize }
  | { readonly what: 'picture'; readonly set: PictureSet; readonly index: number }
  | { readonly what: 'gallery'; readonly set: PictureSet; readonly count: number }
  | {
      readonly what: 'inspect';
      readonly picture: PictureAsk;
      readonly label?: number | undefined;
      readonly training: boolean;
      readonly state?: readonly number[] | undefined;
      readonly layers?: readonly number[] | undefined;
      readonly forward: boolean;
    }
  | {
      readonly what: 'explain';
      readonly picture: PictureAsk;
      readonly kind: ExplainKind;
      readonly layer?: number | undefined;
      readonly label?: number | undefined;
    }
  | {
      readonly what: 'move';
      readonly picture: PictureAsk;
      readonly label?: number | undefined;
      readonly one: OneWeight;
      readonly moves: readonly number[];
    };

/** A picture by its place, or its file. */
export interface PictureAsk extends PictureQuery {
  readonly file?: Uint8Array | undefined;
}

/** Questions that may wait for their answers: a page asks a few at a time. */
const MOST_WAITING = 64;

/** Bytes, or what becomes JSON. */
export type Answer = Uint8Array | Readonly<Record<string, unknown>>;

/** From the process that computes to the one that serves. */
export type FromEngine =
  | { readonly type: 'event'; readonly event: ServerEvent }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'refusal'; readonly id: number; readonly status: number; readonly message: string };

/** From the process that serves to the one that computes. */
export type ToEngine =
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'ask'; readonly id: number; readonly ask: Ask };

/** The server's end: sends commands, and pairs questions with their answers. */
export class EngineClient {
  readonly #send: (message: ToEngine) => void;
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #waiting = new Map<number, { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }>();
  #next = 1;

  constructor(send: (message: ToEngine) => void, onEvent: (event: ServerEvent) => void) {
    this.#send = send;
    this.#onEvent = onEvent;
  }

  command(command: Command): void {
    this.#send({ type: 'command', command });
  }

  ask(ask: Ask): Promise<Answer> {
    if (this.#waiting.size >= MOST_WAITING)
      return Promise.reject(new HttpError(503, `${MOST_WAITING} requests are waiting already: ask again later`));
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#send({ type: 'ask', id, ask });
    });
  }

  receive(message: FromEngine): void {
    if (message.type === 'event') {
      this.#onEvent(message.event);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === 'answer') waiting?.resolve(message.answer);
    else waiting?.reject(new HttpError(message.status, message.message));
  }

  /** The other process has ended: what it was asked is not answered any more. */
  fail(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new HttpError(500, reason));
    this.#waiting.clear();
  }
}

/** The other end: answers what `answer` gives, and refuses with what it throws. */
export async function respond(
  id: number,
  ask: Ask,
  answer: (ask: Ask) => Promise<Answer>,
  send: (message: FromEngine) => void,
): Promise<void> {
  try {
    send({ type: 'answer', id, answer: await answer(ask) });
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    send({ type: 'refusal', id, status, message: messageOf(error) });
  }
}
