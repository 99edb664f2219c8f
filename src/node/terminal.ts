import { setNotes } from '../nn/notes.js';

/** A line for the person at the terminal: what stdout holds can be read by programs. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

setNotes(note);

/** A text that is shown on a terminal's last line and wiped before the next. */
export class StatusLine {
  #shown = 0;

  show(text: string): void {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r${text.padEnd(this.#shown)}`);
    this.#shown = text.length;
  }

  clear(): void {
    if (this.#shown > 0) process.stderr.write(`\r${' '.repeat(this.#shown)}\r`);
    this.#shown = 0;
  }
}
