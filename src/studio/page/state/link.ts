import type { Command, ServerEvent } from '../../protocol.js';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** What a request that posts carries. */
export interface Post {
  readonly body?: Blob | undefined;
}

/** Bytes, or what was JSON. */
export type Reply = Uint8Array | Readonly<Record<string, unknown>>;

export interface LinkListener {
  onEvent(event: ServerEvent): void;
  onConnection(state: 'open' | 'closed'): void;
}

/** The page's way to whoever answers it. Its paths, events and commands are those of protocol.ts; the page knows no other difference. */
export interface StudioLink {
  /** Whether the other side is this browser, which then computes and keeps files itself. */
  readonly isHere: boolean;
  /** Begins to listen: the first event is 'hello', and so it is after each break. */
  open(listener: LinkListener): void;
  /** Asks for one of ROUTES; throws what the other side says where it refuses. `post`: left out where nothing is posted. */
  request(path: string, query: Query, post?: Post): Promise<Reply>;
  /** Tells the other side to do something; false where there is no connection. What can't be done comes back as an 'error' event. */
  send(command: Command): boolean;
}
