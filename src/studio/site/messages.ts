import type { Command, ServerEvent } from '../protocol.js';
import type { ShaderTexts } from './shaders.js';

/** Bytes, or what would be JSON. */
export type Answer = Uint8Array | Readonly<Record<string, unknown>>;

/** From the page to the worker that stands in a server's place. The first is 'begin'. */
export type ToWorker =
  /** `alive`: the name of a lock that the worker holds for as long as it lives. */
  | { readonly type: 'begin'; readonly alive: string }
  | { readonly type: 'shaders'; readonly texts: ShaderTexts }
  | { readonly type: 'command'; readonly command: Command }
  | {
      readonly type: 'request';
      readonly id: number;
      readonly method: 'GET' | 'POST';
      readonly path: string;
      readonly query: string;
      readonly body?: Blob | undefined;
    };

/** From the worker to the page. */
export type FromWorker =
  | { readonly type: 'event'; readonly event: ServerEvent }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'refusal'; readonly id: number; readonly message: string };
