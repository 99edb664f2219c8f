import type { ModelBytes, ModelFile } from '../formats/model_file.js';

/** Where a run keeps its files, by their names in its folder. */
export interface RunStore {
  /** A file's place, for messages. */
  placeOf(name: string): string;
  /** A model as a file of that name holds it, by its ending: safetensors where that says nothing. `onNote`: what it can't hold. */
  bytesOf(name: string, file: ModelFile, onNote: (note: string) => void): Promise<ModelBytes>;
  /** Writes a file whole. One that can't be written is said, not thrown, and tried again later. `role`: of each only the newest content counts. */
  write(role: string, name: string, content: ModelBytes | string): Promise<void>;
  isWritten(role: string): boolean;
  /** Tries once more what could not be written; throws where that is in vain. */
  finish(): Promise<void>;
  /** A file's bytes; undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Keeps the last checkpoint by another name, where it is another than the one that the run goes on from. */
  keepLater(resume: string): Promise<void>;
  /** What a history is of, besides the run: the machine, the program, the date. */
  circumstances(adapter: string): Readonly<Record<string, unknown>>;
}
