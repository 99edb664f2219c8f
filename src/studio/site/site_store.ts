import { kindOfEnding } from '../../formats/endings.js';
import type { ModelBytes, ModelFile } from '../../formats/model_file.js';
import { modelBytes } from '../../formats/save.js';
import { note } from '../../nn/notes.js';
import { RunFiles } from '../../run/files.js';
import { LAST } from '../../run/names.js';
import type { RunStore } from '../../run/store.js';
import type { Files } from './files.js';

/** A run's folder in the browser. */
export class SiteStore implements RunStore {
  readonly #files: Files;
  readonly #folder: string;
  readonly #written = new RunFiles((path, content) => this.#write(path, content));

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

  write(role: string, name: string, content: ModelBytes | string): Promise<void> {
    return this.#written.write(role, this.placeOf(name), content);
  }

  isWritten(role: string): boolean {
    return this.#written.isWritten(role);
  }

  finish(): Promise<void> {
    return this.#written.finish();
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

  async #write(path: string, content: ModelBytes | string): Promise<void> {
    if (typeof content === 'string' || content instanceof Uint8Array) await this.#files.write(path, content);
    else for (const [part, bytes] of content) await this.#files.write(`${path}/${part}`, bytes);
  }
}
