import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** A server of a folder's files, compressed, that does no more than any host of pages: below a path of its own, on this machine alone. */
export class StaticServer {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #server: Server = createServer((request, response) => void this.#answer(request.url ?? '/').then(send => send(response)));

  constructor(folder: string, prefix: string) {
    this.#folder = folder;
    this.#prefix = prefix;
  }

  async start(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#prefix}`;
  }

  /** Ends it: who is connected is, too. */
  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(url: string): Promise<(response: ServerResponse) => void> {
    const path = new URL(url, 'http://host').pathname;
    const name = path.startsWith(this.#prefix) ? path.slice(this.#prefix.length) || 'index.html' : undefined;
    const content = name === undefined ? undefined : await readFile(join(this.#folder, name)).catch(() => undefined);
    if (name === undefined || !content) return response => response.writeHead(404).end();
    const body = gzipSync(content);
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    return response =>
      response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip', 'content-length': body.length }).end(body);
  }
}
