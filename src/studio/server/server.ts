import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf } from '../../engine/message_of.js';
import type { Answer, Ask } from '../engine/channel.js';
import { parseCommand } from '../engine/commands.js';
import { HttpError } from '../engine/http_error.js';
import { askOf } from '../engine/routes.js';
import { type Command, ROUTES, SOCKET_PATH } from '../protocol.js';
import { bodyOf } from './body.js';
import { fileBelow, pathParts } from './files.js';
import { Guard, securityHeaders } from './guard.js';

/** What the server has to say, and whom it passes on to. */
export interface ServerParts {
  /** Folder of the built page; where it is missing, an answer says what to run. */
  readonly page: string;
  /** Folder of the .wgsl files. */
  readonly shaders: string;
  /** The first event of a socket. */
  hello(): Promise<unknown>;
  runs(): Promise<unknown>;
  ask(ask: Ask): Promise<Answer>;
  command(command: Command): void;
}

/** The largest command: a few paths and numbers. */
const MOST_COMMAND_BYTES = 64 * 2 ** 10;

/** Commands that a page may send in a second: a person sends a few. */
const MOST_COMMANDS = 100;

/** Pages, connections of all kinds, and requests that are answered at once: a browser opens six for a page. */
const MOST_PAGES = 32;
const MOST_CONNECTIONS = 256;
const MOST_REQUESTS = 64;

/** How long the head of a request, all of it, and a client that takes no more of an answer may take. */
const HEAD_MS = 10_000;
const REQUEST_MS = 60_000;
const ANSWER_MS = 60_000;
/** How often these are looked at. */
const CHECK_MS = 2_000;

/** Bytes that may wait for a page that does not read: above it the page is let go, and gets the history when it is back. */
const MOST_WAITING_BYTES = 8 * 2 ** 20;

/** A page of one paragraph, in HTML. */
const pageOf = (text: string): string =>
  `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>wgrad studio</title><main style="max-width: 36rem; margin: 4rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif"><h1 style="font-size: 1.3rem">wgrad studio</h1><p>${text}</p></main>`;

const NOT_BUILT = pageOf('The page is not built: run <code>npm run build</code>, then load this again.');
const NO_TOKEN = pageOf(
  'This address lacks the token that keeps other programs out. Open the studio by the whole address that <code>wgrad studio</code> printed in its terminal: it ends with <code>?token=…</code>. A studio that was started again has another.',
);

/** The studio's HTTP and WebSocket server, on 127.0.0.1 only. */
export class StudioServer {
  readonly #parts: ServerParts;
  readonly #guard = new Guard();
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_COMMAND_BYTES, perMessageDeflate: false });
  /** Requests whose answers have not gone. */
  #requests = 0;
  /** Sockets that have had their hello. */
  readonly #greeted = new Set<WebSocket>();

  /** `headMs`: for tests. */
  constructor(parts: ServerParts, { headMs = HEAD_MS } = {}) {
    this.#parts = parts;
    const times = { headersTimeout: headMs, requestTimeout: REQUEST_MS, connectionsCheckingInterval: Math.min(headMs, CHECK_MS) };
    this.#http = createServer(times, (request, response) => void this.#serve(request, response));
    this.#http.maxConnections = MOST_CONNECTIONS;
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Begins to listen; 0 takes a free port. Throws where the port is taken. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      // Of one that comes later, such as no more file handles for connections, those who connect learn.
      this.#http.on('error', (error: NodeJS.ErrnoException) => reject(new Error(listenReason(port, error), { cause: error })));
      this.#http.listen(port, '127.0.0.1', resolve);
    });
    this.#guard.port = (this.#http.address() as AddressInfo).port;
  }

  /** The address that a person opens. */
  get url(): string {
    return `http://${this.#guard.hosts[0]}/?token=${this.#guard.token}`;
  }

  /** Sends an event to every page. */
  broadcast(event: unknown): void {
    const text = JSON.stringify(event);
    for (const socket of this.#greeted) send(socket, text);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.close(1001, 'the studio has ended');
    this.#sockets.close();
    const closed = new Promise(resolve => this.#http.close(resolve));
    this.#http.closeAllConnections();
    for (const socket of this.#sockets.clients) socket.terminate();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    response.once('close', () => {
      this.#requests -= 1;
    });
    try {
      if (this.#requests > MOST_REQUESTS) throw new HttpError(503, `${MOST_REQUESTS} requests are being answered already: ask again later`);
      await this.#answer(request, response);
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 500;
      // What is left of a body that is not wanted is not read either.
      if (!request.complete) response.setHeader('connection', 'close');
      const isPage = status === 401 && request.method === 'GET' && /^\/(\?|$)/.test(request.url ?? '');
      if (isPage) this.#send(response, status, 'text/html; charset=utf-8', NO_TOKEN);
      else this.#send(response, status, 'application/json', JSON.stringify({ error: messageOf(error) }));
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const token = path === '/' ? (query.get('token') ?? undefined) : undefined;
    this.#guard.check(request, token);
    if (token !== undefined) {
      // From here on a cookie has it, and the address, which may be shown or linked to, no more.
      response.setHeader('set-cookie', `${this.#guard.cookie}=${token}; HttpOnly; SameSite=Lax; Path=/`);
      response.setHeader('location', '/');
      this.#send(response, 303, 'text/plain', '');
      return;
    }
    const parts = pathParts(path);
    if (path === ROUTES.state) this.#json(request, response, await this.#parts.hello());
    else if (path === ROUTES.runs) this.#json(request, response, { runs: await this.#parts.runs() });
    else if (parts[0] === 'api') await this.#api(request, response, path, query);
    else await this.#file(request, response, parts);
  }

  #json(request: IncomingMessage, response: ServerResponse, value: unknown): void {
    if (request.method !== 'GET') throw new HttpError(405, 'this answers GET');
    this.#send(response, 200, 'application/json', JSON.stringify(value));
  }

  async #api(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams): Promise<void> {
    const ask = await askOf(request.method ?? 'GET', path, query, () => bodyOf(request));
    if (!ask) throw new HttpError(404, `there is no ${path}`);
    const answer = await this.#parts.ask(ask);
    if (answer instanceof Uint8Array) this.#send(response, 200, 'application/octet-stream', answer);
    else this.#send(response, 200, 'application/json', JSON.stringify(answer));
  }

  async #file(request: IncomingMessage, response: ServerResponse, parts: readonly string[]): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpError(405, 'files answer GET');
    const isRoot = parts.length === 1 && parts[0] === '';
    const isShader = parts[0] === 'shaders';
    const found = isShader ? fileBelow(this.#parts.shaders, parts.slice(1)) : fileBelow(this.#parts.page, isRoot ? ['index.html'] : parts);
    const file = await found.catch((error: Error) => {
      if (isRoot && error instanceof HttpError && error.status === 404) return undefined;
      throw error;
    });
    if (!file) {
      this.#send(response, 503, 'text/html; charset=utf-8', NOT_BUILT);
      return;
    }
    this.#send(response, 200, file.type, file.content);
  }

  #send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    // Who reads no more of it is let go.
    response.setTimeout(ANSWER_MS, () => response.destroy());
    response.writeHead(status, { ...securityHeaders(this.#guard.hosts), ...headers });
    response.end(body);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      this.#guard.check(request, undefined, { isSocket: true });
      if ((request.url ?? '').split('?')[0] !== SOCKET_PATH) throw new HttpError(404, 'there is no such socket');
      if (this.#sockets.clients.size >= MOST_PAGES) throw new HttpError(503, `${MOST_PAGES} pages are open already: close some`);
    } catch (error) {
      const { status, message } = error as HttpError;
      socket.on('error', () => {});
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${message}`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, opened => void this.#greet(opened));
  }

  async #greet(socket: WebSocket): Promise<void> {
    // A page that breaks off or sends what no page of ours sends is closed by the library.
    socket.on('error', () => {});
    socket.on('close', () => this.#greeted.delete(socket));
    let [commands, since] = [0, performance.now()];
    socket.on('message', data => {
      const now = performance.now();
      if (now - since > 1000) [commands, since] = [0, now];
      commands += 1;
      if (commands > MOST_COMMANDS) {
        socket.terminate();
        return;
      }
      try {
        this.#parts.command(parseCommand(String(data), process.platform));
      } catch (error) {
        send(socket, JSON.stringify({ type: 'error', message: messageOf(error) }));
      }
    });
    const hello = await this.#parts.hello().catch((error: unknown) => ({ type: 'error', message: messageOf(error) }));
    if (socket.readyState !== socket.OPEN) return;
    send(socket, JSON.stringify(hello));
    this.#greeted.add(socket);
  }
}

/** Sends to a page, or lets go one that has not read what was sent before. */
function send(socket: WebSocket, text: string): void {
  if (socket.bufferedAmount > MOST_WAITING_BYTES) socket.terminate();
  else if (socket.readyState === socket.OPEN) socket.send(text);
}

function listenReason(port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return `--port ${port} is taken: give another, or none for a free one`;
  if (code === 'EACCES') return `--port ${port} may not be listened on: give one over 1023, or none for a free one`;
  return `--port ${port} can't be listened on: ${message}`;
}
