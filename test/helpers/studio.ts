import type { ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { Command, ServerEvent } from '../../src/studio/protocol.js';
import { type Outcome, wgrad } from './cli.js';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A studio of the built program, in a process of its own. */
export interface RunningStudio {
  readonly port: number;
  readonly token: string;
  readonly child: ChildProcess;
  /** Sends a request as written: no browser or library tidies up its path or headers. */
  fetch(path: string, options?: { method?: string; headers?: Record<string, string>; body?: Uint8Array }): Promise<Reply>;
  /** Opens a socket as the page does. */
  connect(): Promise<Page>;
  /** Sends Ctrl-C and waits for the end. */
  end(): Promise<Outcome>;
}

/** Starts `wgrad ARGS`, which prints a studio's address in some way, and waits for that. */
export async function startStudio(
  args: readonly string[],
  onLine?: (line: string) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningStudio> {
  let child: ChildProcess | undefined;
  let found: ((url: URL) => void) | undefined;
  const address = new Promise<URL>(resolve => {
    found = resolve;
  });
  const outcome = wgrad(
    args,
    (line, of) => {
      onLine?.(line);
      child = of;
      const url = /http:\/\/[^\s"]+/.exec(line)?.[0];
      if (url) found!(new URL(url));
    },
    env,
    (line, of) => {
      child = of;
      const url = /Studio: (\S+)/.exec(line)?.[1];
      if (url) found!(new URL(url));
    },
  );
  const url = await Promise.race([address, outcome.then(({ stderr }) => Promise.reject(new Error(`it ended: ${stderr}`)))]);
  const token = url.searchParams.get('token')!;
  const port = Number(url.port);
  const authorization = `Bearer ${token}`;
  return {
    port,
    token,
    child: child!,
    fetch: (path, { method = 'GET', headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const given = { authorization, ...(method !== 'GET' && { origin: `http://127.0.0.1:${port}` }), ...headers };
        const sent = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
        const asked = request({ host: '127.0.0.1', port, path, method, headers: sent }, response => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }));
        });
        asked.on('error', reject);
        asked.end(body);
      }),
    connect: () => Page.open(port, authorization),
    end: () => {
      child!.kill('SIGINT');
      return outcome;
    },
  };
}

type EventOf<T extends ServerEvent['type']> = Extract<ServerEvent, { readonly type: T }>;

/** The page's end of a socket. */
export class Page {
  readonly events: ServerEvent[] = [];
  readonly #socket: WebSocket;
  #onEvent: (() => void) | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', data => {
      this.events.push(JSON.parse(String(data)) as ServerEvent);
      this.#onEvent?.();
    });
  }

  static async open(port: number, authorization: string): Promise<Page> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { authorization }, origin: `http://127.0.0.1:${port}` });
    const page = new Page(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    await page.until('hello');
    return page;
  }

  send(command: Command): void {
    this.#socket.send(JSON.stringify(command));
  }

  /** Sends what is no command of ours. */
  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** The first event of a type, from the `from`th event on, that passes. */
  async until<T extends ServerEvent['type']>(type: T, passes: (event: EventOf<T>) => boolean = () => true, from = 0): Promise<EventOf<T>> {
    for (let next = from; ; ) {
      while (next >= this.events.length) {
        await new Promise<void>(resolve => {
          this.#onEvent = resolve;
        });
      }
      const event = this.events[next++]!;
      if (event.type === type && passes(event as EventOf<T>)) return event as EventOf<T>;
    }
  }

  /** Numbers of all steps that were told of. */
  get steps(): number[] {
    return this.events.flatMap(event => (event.type === 'steps' ? event.steps.step : []));
  }

  close(): void {
    this.#socket.close();
  }
}
