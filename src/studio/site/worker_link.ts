import type { LinkListener, Post, Query, Reply, StudioLink } from '../page/state/link.js';
import type { Command } from '../protocol.js';
import type { FromWorker, ToWorker } from './messages.js';
import { bundledShaders } from './shaders.js';

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** A worker of this page in the place of the studio's server. */
export class WorkerLink implements StudioLink {
  readonly isHere = true;
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  open(listener: LinkListener): void {
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'event') {
        if (data.event.type === 'hello') listener.onConnection('open');
        listener.onEvent(data.event);
        return;
      }
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.type === 'answer') waiting?.resolve(data.answer);
      else waiting?.reject(new Error(data.message));
    };
    this.#worker.onerror = ({ message }) => {
      const reason = `The worker that computes has failed: ${message || 'it could not be loaded'}. Reload the page.`;
      for (const { reject } of this.#waiting.values()) reject(new Error(reason));
      this.#waiting.clear();
      listener.onEvent({ type: 'error', message: reason });
    };
    this.#post({ type: 'begin' });
    void bundledShaders().then(texts => this.#post({ type: 'shaders', texts }));
  }

  request(path: string, query: Query, post?: Post): Promise<Reply> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, `${value}`])).toString();
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#post({ type: 'request', id, method: post ? 'POST' : 'GET', path, query: search, body: post?.body });
    });
  }

  send(command: Command): boolean {
    this.#post({ type: 'command', command });
    return true;
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
