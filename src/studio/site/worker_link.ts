import type { LinkListener, Post, Query, Reply, StudioLink } from '../page/state/link.js';
import type { Command, RunState } from '../protocol.js';
import type { FromWorker, ToWorker } from './messages.js';
import { bundledShaders } from './shaders.js';

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

const isActive = (state: RunState): boolean => ['loading', 'running', 'paused'].includes(state);

/** A worker of this page in the place of the studio's server. */
export class WorkerLink implements StudioLink {
  readonly isHere = true;
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  open(listener: LinkListener): void {
    /** A lock that the worker holds: who is given it too knows that the worker has ended, as where memory is short, which nobody tells. */
    const alive = `wgrad worker ${crypto.randomUUID()}`;
    let isBusy = false;
    const fail = (what: string): void => {
      const message = `The worker that computes ${what}. Reload the page: a run goes on from where it was last saved.`;
      for (const { reject } of this.#waiting.values()) reject(new Error(message));
      this.#waiting.clear();
      listener.onEvent({ type: 'error', message });
    };
    const ended = (): void => {
      fail('was ended by the browser');
      if (isBusy) listener.onEvent({ type: 'state', state: 'failed', step: 0, epoch: 0, message: 'its worker was ended' });
      listener.onConnection('closed');
    };
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'event') {
        const { event } = data;
        if (event.type === 'hello') {
          listener.onConnection('open');
          void navigator.locks?.request(alive, ended);
        }
        if (event.type === 'run') isBusy = isActive(event.run.state);
        if (event.type === 'state') isBusy = isActive(event.state);
        listener.onEvent(event);
        return;
      }
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.type === 'answer') waiting?.resolve(data.answer);
      else waiting?.reject(new Error(data.message));
    };
    this.#worker.onerror = ({ message }) => fail(`has failed: ${message || 'it could not be loaded'}`);
    this.#post({ type: 'begin', alive });
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
