import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelBytes, ModelFile } from '../formats/model_file.js';
import { circumstances } from '../node/circumstances.js';
import { bytesFor, checkpointTarget, writeModelBytes } from '../node/model_files.js';
import { RunFiles } from './files.js';
import { keepLater } from './folder.js';
import { LAST } from './names.js';
import type { RunStore } from './store.js';

/** A run's folder on a disk. */
export class DiskStore implements RunStore {
  readonly #folder: string;
  readonly #files = new RunFiles(writeModelBytes);

  constructor(folder: string) {
    this.#folder = folder;
  }

  placeOf(name: string): string {
    return join(this.#folder, name);
  }

  bytesOf(name: string, file: ModelFile, onNote: (note: string) => void): Promise<ModelBytes> {
    return bytesFor(checkpointTarget(this.placeOf(name)), file, { onNote });
  }

  write(role: string, name: string, content: ModelBytes | string): Promise<void> {
    const isFolder = typeof content !== 'string' && !(content instanceof Uint8Array);
    return this.#files.write(role, isFolder ? checkpointTarget(this.placeOf(name)).path : this.placeOf(name), content);
  }

  isWritten(role: string): boolean {
    return this.#files.isWritten(role);
  }

  finish(): Promise<void> {
    return this.#files.finish();
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return readFile(this.placeOf(name)).catch(() => undefined);
  }

  keepLater(resume: string): Promise<void> {
    return keepLater(this.placeOf(LAST), resume);
  }

  circumstances(adapter: string): Readonly<Record<string, unknown>> {
    return circumstances(adapter);
  }
}
