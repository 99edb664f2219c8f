import { type Command, type ServerEvent, SOCKET_PATH } from '../../protocol.js';
import { address } from './address.js';
import type { LinkListener, Post, Query, Reply, StudioLink } from './link.js';

/** Waits before a closed socket is opened again; the last one from then on. */
const RETRY_MS = [500, 1000, 2000, 5000];

/** The studio's server: HTTP and one WebSocket. */
export class HttpLink implements StudioLink {
  readonly isHere = false;
  #socket: WebSocket | undefined;
  #tries = 0;

  /** Opens the socket, and again whenever it closes: the server sends the whole history each time. */
  open(listener: LinkListener): void {
    const url = new URL(`.${SOCKET_PATH}`, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => {
      this.#tries = 0;
      listener.onConnection('open');
    };
    this.#socket.onmessage = message => listener.onEvent(JSON.parse(message.data as string) as ServerEvent);
    this.#socket.onclose = () => {
      listener.onConnection('closed');
      setTimeout(() => this.open(listener), RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)]);
    };
  }

  async request(path: string, query: Query, post?: Post): Promise<Reply> {
    const response = await fetch(address(path, query), post && { method: 'POST', body: post.body ?? null });
    const isJson = response.headers.get('content-type') === 'application/json';
    if (response.ok) return isJson ? ((await response.json()) as Reply) : bytesOf(response);
    const body = (await response.json().catch(() => undefined)) as { readonly error?: string } | undefined;
    throw new Error(body?.error ?? `the server answers ${response.status}`);
  }

  send(command: Command): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(command));
    return true;
  }
}

/** The bytes of the server's answer. They are taken in as they come: arrayBuffer() would hold the page up for as long as a large answer takes to copy. */
async function bytesOf({ headers, body }: Response): Promise<Uint8Array> {
  const length = Number(headers.get('content-length'));
  const bytes = new Uint8Array(length);
  const reader = body!.getReader();
  let at = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length <= length) bytes.set(part.value, at);
    at += part.value.length;
  }
  if (at !== length) throw new Error(`the answer has ${at} bytes, its header says ${length}: the connection broke off`);
  return bytes;
}
