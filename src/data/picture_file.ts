import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { makeFolder, removeAbandoned, temporaryName } from '../node/files.js';
import { formatBytes } from '../node/memory.js';
import { pathToOpen } from '../node/names.js';
import { cacheFolder, version } from '../node/paths.js';
import type { ImageTarget } from './load_file.js';

/** Of what the file holds and how: files of another format are other files. */
const MAGIC = 'wgrad pictures 1';
const HEADER = 64;
const ENDING = '.pictures';
/** What a disk keeps free for checkpoints. */
const SPARE = 2 ** 28;
/** Files that are asked for their sizes and dates at a time. */
const STATS = 256;

/**
 * What workers share of a cache file: a header, a mark of 4 bytes for each picture, and the pictures, each at its place. A mark is the CRC-32 of its picture,
 * and 0 where that is not there yet. It is written after its picture, and what is read is held against it: whatever ended a process or a machine, what was
 * torn is decoded anew. Processes that write one file at a time write the same bytes to the same places.
 */
export interface PictureSlots {
  readonly fd: number;
  /** Bytes of a picture. */
  readonly size: number;
  readonly marks: Uint32Array<SharedArrayBuffer>;
}

/** Where pictures begin: at a page of their own. */
const beginOf = (count: number): number => Math.ceil((HEADER + 4 * count) / 4096) * 4096;
const lengthOf = (count: number, size: number): number => beginOf(count) + count * size;
const placeOf = ({ size, marks }: PictureSlots, row: number): number => beginOf(marks.length) + row * size;
const markOf = (bytes: Uint8Array): number => crc32(bytes) || 1;

/** Whether the picture was read whole; one that is torn is marked as absent. */
export function readPicture(slots: PictureSlots, row: number, to: Uint8Array): boolean {
  const { fd, size, marks } = slots;
  if (marks[row] === 0) return false;
  const isWhole = readSync(fd, to, 0, size, placeOf(slots, row)) === size && markOf(to) === marks[row];
  if (!isWhole) marks[row] = 0;
  return isWhole;
}

export function writePicture(slots: PictureSlots, row: number, bytes: Uint8Array): void {
  const { fd, marks } = slots;
  writeWhole(fd, bytes, placeOf(slots, row));
  const mark = markOf(bytes);
  writeWhole(fd, new Uint8Array(Uint32Array.of(mark).buffer), HEADER + 4 * row);
  marks[row] = mark;
}

/** A full disk may take a part, and say so of the rest. */
function writeWhole(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
}

/** A file of the cache folder that holds decoded pictures. */
export class PictureFile implements PictureSlots {
  readonly path: string;
  readonly fd: number;
  readonly size: number;
  readonly marks: Uint32Array<SharedArrayBuffer>;
  #isClosed = false;

  private constructor(path: string, fd: number, size: number, marks: Uint32Array<SharedArrayBuffer>) {
    this.path = path;
    this.fd = fd;
    this.size = size;
    this.marks = marks;
  }

  /** Opens the file of these pictures, where there is a sound one that may, with others, be `most` bytes. */
  static async find(digest: string, count: number, size: number, most: number): Promise<PictureFile | undefined> {
    const path = pathOf(digest);
    let fd: number;
    try {
      fd = openSync(path, 'r+');
    } catch {
      return undefined;
    }
    try {
      const now = new Date();
      await utimes(path, now, now);
      await makeRoom(picturesFolder(), most);
      const marks = lengthOf(count, size) <= most ? marksOf(fd, digest, count, size) : undefined;
      if (marks) return new PictureFile(path, fd, size, marks);
    } catch {
      // What can't be read is as good as none.
    }
    closeSync(fd);
    return undefined;
  }

  /** Makes the file of these pictures, in place of what may be there. Throws where it may not be `most` bytes, with others, or can't be written. */
  static async make(digest: string, count: number, size: number, most: number): Promise<PictureFile> {
    const path = pathOf(digest);
    const folder = picturesFolder();
    const length = lengthOf(count, size);
    if (length > most) throw new Error(`--cache-size is ${formatBytes(most)}`);
    await makeFolder(folder);
    await removeAbandoned(folder);
    await rm(path, { force: true });
    await makeRoom(folder, most - length);
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < length + SPARE) throw new Error(`its disk has ${formatBytes(bavail * bsize)} free`);
    const temporary = temporaryName(folder);
    const fd = openSync(temporary, 'wx+');
    try {
      ftruncateSync(fd, length);
      writeWhole(fd, headerOf(digest, count, size), 0);
      await rename(temporary, path);
    } catch (error) {
      closeSync(fd);
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
    return new PictureFile(path, fd, size, new Uint32Array(new SharedArrayBuffer(4 * count)));
  }

  /** What other threads need of it. */
  get slots(): PictureSlots {
    const { fd, size, marks } = this;
    return { fd, size, marks };
  }

  has(row: number): boolean {
    return this.marks[row] !== 0;
  }

  get isComplete(): boolean {
    return !this.marks.includes(0);
  }

  close(): void {
    if (!this.#isClosed) closeSync(this.fd);
    this.#isClosed = true;
  }

  /** Gives its room back to the disk, at once: threads may still have it open. */
  async giveUp(): Promise<void> {
    this.marks.fill(0);
    await rm(this.path, { force: true }).catch(() => {});
    try {
      if (!this.#isClosed) ftruncateSync(this.fd, 0);
    } catch {
      // A disk that fails keeps the room until the file is closed.
    }
  }
}

const picturesFolder = (): string => join(cacheFolder(), 'pictures');
const pathOf = (digest: string): string => join(picturesFolder(), `${digest}${ENDING}`);

function headerOf(digest: string, count: number, size: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.write(MAGIC);
  header.write(digest, MAGIC.length, 'hex');
  header.writeUInt32LE(count, 48);
  header.writeUInt32LE(size, 52);
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60);
  return header;
}

/** The marks of a file; none where it is not the one that is looked for, or not whole. */
function marksOf(fd: number, digest: string, count: number, size: number): Uint32Array<SharedArrayBuffer> | undefined {
  const header = Buffer.alloc(HEADER);
  if (readSync(fd, header, 0, HEADER, 0) !== HEADER || !header.equals(headerOf(digest, count, size))) return undefined;
  const last = new Uint8Array(1);
  if (readSync(fd, last, 0, 1, lengthOf(count, size) - 1) !== 1) return undefined;
  const marks = new Uint32Array(new SharedArrayBuffer(4 * count));
  return readSync(fd, marks, 0, 4 * count, HEADER) === 4 * count ? marks : undefined;
}

/** Removes files that were not used for longest until the others take at most so many bytes. */
async function makeRoom(folder: string, most: number): Promise<void> {
  const names = (await readdir(folder)).filter(name => name.endsWith(ENDING));
  const files = await Promise.all(
    names.map(async name => {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      // On most systems a file takes no room where nothing was written yet.
      return { path, bytes: found ? Math.min(found.size, found.blocks ? 512 * found.blocks : found.size) : 0, at: found?.mtimeMs ?? 0 };
    }),
  );
  let taken = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path, bytes } of files.sort((a, b) => a.at - b.at)) {
    if (taken <= most) break;
    await rm(path, { force: true }).catch(() => {});
    taken -= bytes;
  }
}

/** Names what comes of decoding files: SHA-256 of the list, sizes and dates of the files, of how they are decoded and of this version. */
export async function picturesDigest(paths: readonly string[], target: ImageTarget): Promise<string> {
  const { height, width, colorMode, interpolation = 'nearest', keepAspectRatio = false } = target;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([MAGIC, version, height, width, colorMode, interpolation, keepAspectRatio]));
  for (let first = 0; first < paths.length; first += STATS) {
    const some = paths.slice(first, first + STATS);
    const found = await Promise.all(some.map(path => stat(pathToOpen(path)).catch(() => undefined)));
    for (const [i, path] of some.entries()) {
      const { size, mtimeMs, ctimeMs } = found[i] ?? {};
      // The date of a file's content may be set, and moves with it: that of the last change to its name or dates may not.
      hash.update(`${resolve(path)}\0${size} ${mtimeMs} ${ctimeMs}\n`);
    }
  }
  return hash.digest('hex');
}
