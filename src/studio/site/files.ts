import { messageOf } from '../../engine/message_of.js';

/** Files that the browser keeps for this site, by paths with '/' between names. */
export interface Files {
  /** Undefined where there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Writes it whole: the old one stays, or the new one is there. */
  write(path: string, content: Uint8Array | string): Promise<void>;
  /** Names in a folder: of files, or of folders. None where it is missing. */
  list(folder: string): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }>;
  remove(path: string): Promise<void>;
}

const NO_ROOM =
  "the browser gives this site no more room. Download what you want to keep, then clear the site's data in the browser's settings";

/** The browser's own file system for this site, or memory where it has none. */
export async function openFiles(): Promise<{ readonly files: Files; readonly isKept: boolean }> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('wgrad', { create: true });
    const files = new KeptFiles(folder);
    // Some browsers have the folder and let nothing be written in it, as in private windows.
    await files.write('probe', '');
    await files.remove('probe');
    return { files, isKept: true };
  } catch {
    return { files: new MemoryFiles(), isKept: false };
  }
}

/** In the origin private file system. */
class KeptFiles implements Files {
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const [folder, name] = await this.#folderOf(path, false);
    const handle = await folder?.getFileHandle(name).catch(noneFound);
    return handle && new Uint8Array(await (await handle.getFile()).arrayBuffer());
  }

  async write(path: string, content: Uint8Array | string): Promise<void> {
    try {
      const [folder, name] = await this.#folderOf(path, true);
      const handle = await folder!.getFileHandle(name, { create: true });
      // What is written takes the file's place when it is closed.
      const stream = await handle.createWritable();
      try {
        await stream.write(content as FileSystemWriteChunkType);
        await stream.close();
      } catch (error) {
        await stream.abort().catch(() => {});
        throw error;
      }
    } catch (error) {
      const isFull = (error as DOMException).name === 'QuotaExceededError';
      throw new Error(`cannot write ${path}: ${isFull ? NO_ROOM : messageOf(error)}`, { cause: error });
    }
  }

  async list(path: string): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }> {
    const [folder] = await this.#folderOf(`${path}/`, false);
    const [files, folders]: [string[], string[]] = [[], []];
    if (folder) for await (const [name, { kind }] of folder.entries()) (kind === 'file' ? files : folders).push(name);
    return { files: files.sort(), folders: folders.sort() };
  }

  async remove(path: string): Promise<void> {
    const [folder, name] = await this.#folderOf(path, false);
    await folder?.removeEntry(name, { recursive: true }).catch(noneFound);
  }

  /** The folder that a path's last name is in. */
  async #folderOf(path: string, create: boolean): Promise<readonly [FileSystemDirectoryHandle | undefined, string]> {
    const names = path.split('/');
    let folder: FileSystemDirectoryHandle | undefined = this.#root;
    for (const name of names.slice(0, -1)) folder = await folder?.getDirectoryHandle(name, { create }).catch(noneFound);
    return [folder, names.at(-1)!];
  }
}

function noneFound(error: unknown): undefined {
  const { name } = error as DOMException;
  if (name !== 'NotFoundError' && name !== 'TypeMismatchError') throw error;
}

/** While the page is open. */
class MemoryFiles implements Files {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  async read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#files.get(path);
  }

  async write(path: string, content: Uint8Array | string): Promise<void> {
    this.#files.set(path, typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content));
  }

  async list(folder: string): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }> {
    const inside = [...this.#files.keys()]
      .filter(path => path.startsWith(`${folder}/`))
      .map(path => path.slice(folder.length + 1).split('/'));
    const names = (isFile: boolean): string[] => [
      ...new Set(inside.filter(parts => (parts.length === 1) === isFile).map(([name]) => name!)),
    ];
    return { files: names(true).sort(), folders: names(false).sort() };
  }

  async remove(path: string): Promise<void> {
    for (const each of this.#files.keys()) if (each === path || each.startsWith(`${path}/`)) this.#files.delete(each);
  }
}

/** What a path in these files is: names with '/' between them, none of which leads elsewhere. */
export const isPath = (path: string): boolean =>
  path.split('/').every(name => name !== '' && name !== '.' && name !== '..' && name.length < 200 && !/[\\\0]/.test(name));
