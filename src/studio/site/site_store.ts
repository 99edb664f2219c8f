import { messageOf } from '../../engine/message_of.js';
import { kindOfEnding } from '../../formats/endings.js';
import type { ModelBytes, ModelFile } from '../../formats/model_file.js';
import { modelBytes } from '../../formats/save.js';
import { note } from '../../nn/notes.js';
import { LAST } from '../../run/names.js';
import type { RunStore } from '../../run/store.js';
import type { Files } from './files.js';

/** A run's folder in the browser. */
export class SiteStore implements RunStore {
  readonly #files: Files;
  readonly #folder: string;
  /** What could not be written, by role, to be tried again. */
  readonly #unwritten = new Map<string, { readonly name: string; readonly content: ModelBytes | string; readonly reason: string }>();

  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  placeOf(name: string): string {
    return `${this.#folder}/${name}`;
  }

  bytesOf(name: string, file: ModelFile, onNote: (note: string) => void): Promise<ModelBytes> {
    return modelBytes(file, kindOfEnding(name) ?? 'safetensors', { version: import.meta.env.WGRAD_VERSION, onNote });
  }

  async write(role: string, name: string, content: ModelBytes | string): Promise<void> {
    const wasUnwritten = this.#unwritten.delete(role);
    await this.#flush();
    await this.#try(role, name, content, wasUnwritten);
  }

  isWritten(role: string): boolean {
    return !this.#unwritten.has(role);
  }

  async finish(): Promise<void> {
    await this.#flush();
    const reasons = [...this.#unwritten.values()].map(({ reason }) => reason);
    if (reasons.length > 0) throw new Error(`the run has ended, and not all of it is saved: ${reasons.join('; ')}`);
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return this.#files.read(this.placeOf(name));
  }

  async keepLater(resume: string): Promise<void> {
    const last = this.placeOf(LAST);
    if (resume === last) return;
    const now = await this.#files.read(last);
    if (!now) return;
    const kept = last.replace(/\.safetensors$/, `-${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}$&`);
    await this.#files.write(kept, now);
    note(`${last} was another than ${resume}: it is kept as ${kept}`);
  }

  circumstances(adapter: string): Readonly<Record<string, unknown>> {
    const { WGRAD_VERSION: wgrad, WGRAD_COMMIT: commit } = import.meta.env;
    return { adapter, browser: navigator.userAgent, wgrad, commit: commit || undefined, date: new Date().toISOString() };
  }

  async #flush(): Promise<void> {
    for (const [role, { name, content }] of [...this.#unwritten]) await this.#try(role, name, content, true);
  }

  async #try(role: string, name: string, content: ModelBytes | string, isAgain: boolean): Promise<void> {
    try {
      if (typeof content === 'string' || content instanceof Uint8Array) await this.#files.write(this.placeOf(name), content);
      else for (const [part, bytes] of content) await this.#files.write(`${this.placeOf(name)}/${part}`, bytes);
      this.#unwritten.delete(role);
      if (isAgain) note(`${this.placeOf(name)} is written now.`);
    } catch (error) {
      const isFull = (error as DOMException).name === 'QuotaExceededError';
      const reason = `cannot write ${this.placeOf(name)}: ${isFull ? 'the browser gives this site no more room' : messageOf(error)}`;
      this.#unwritten.set(role, { name, content, reason });
      if (!isAgain) note(`${reason}. The run goes on and tries again.`);
    }
  }
}
