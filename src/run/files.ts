import type { ModelBytes } from '../formats/model_file.js';
import { note } from '../nn/notes.js';

/**
 * Writes a run's files. One that can't be written, as on a full disk, does not end the run: it is said, the file of before stays, and the newest content
 * is kept and tried again with the next.
 */
export class RunFiles {
  readonly #writeFile: (path: string, content: ModelBytes | string) => Promise<void>;
  readonly #unwritten = new Map<string, { readonly path: string; readonly content: ModelBytes | string; readonly reason: string }>();

  /** `writeFile`: writes a file whole, or throws, naming it. */
  constructor(writeFile: (path: string, content: ModelBytes | string) => Promise<void>) {
    this.#writeFile = writeFile;
  }

  /** `role`: what the file is to the run. Of each role only the newest content counts. */
  async write(role: string, path: string, content: ModelBytes | string): Promise<void> {
    const wasUnwritten = this.#unwritten.delete(role);
    await this.#flush();
    await this.#try(role, path, content, wasUnwritten);
  }

  isWritten(role: string): boolean {
    return !this.#unwritten.has(role);
  }

  /** Tries what is left once more; throws where that is in vain. */
  async finish(): Promise<void> {
    await this.#flush();
    const reasons = [...this.#unwritten.values()].map(({ reason }) => reason);
    if (reasons.length > 0) throw new Error(`the run has ended, and not all of it is saved: ${reasons.join('; ')}`);
  }

  async #flush(): Promise<void> {
    for (const [role, { path, content }] of [...this.#unwritten]) await this.#try(role, path, content, true);
  }

  async #try(role: string, path: string, content: ModelBytes | string, isAgain: boolean): Promise<void> {
    try {
      await this.#writeFile(path, content);
      this.#unwritten.delete(role);
      if (isAgain) note(`${path} is written now.`);
    } catch (error) {
      const reason = (error as Error).message;
      this.#unwritten.set(role, { path, content, reason });
      if (!isAgain) note(`${reason}. The run continues and tries again.`);
    }
  }
}
