import { signal } from '@preact/signals';
import { type RunConfig, SITE_ROUTES } from '../../protocol.js';
import { link } from './linked.js';
import { progress, send, trouble } from './live.js';

/** Where a new run's pictures are, once a folder was given. */
export const givenFolders = signal<Pick<RunConfig, 'train' | 'validation' | 'split'> | undefined>(undefined);

/** A file by its path from the folder that was given: 'mine/cats/1.jpg'. */
export interface GivenFile {
  readonly path: string;
  readonly file: Blob;
}

const MODEL = /\.(safetensors|h5|hdf5|keras|json)$/i;
const PICTURE = /\.(png|jpe?g|bmp|webp|gif)$/i;

/** Folders of a folder that hold the pictures to judge by, by their names. */
const JUDGING = ['validation', 'val', 'test'];

/** The share of each class to judge by, where a folder is not parted. */
const SPLIT = 0.2;

export const isModelFile = (name: string): boolean => MODEL.test(name);

/** Keeps a file in the browser: its place there. */
async function keep(path: string, body: Blob): Promise<string> {
  await link.request(SITE_ROUTES.files, { path }, { body });
  return path;
}

/** Keeps a model's file in the browser and opens it. */
export function openModelFile(name: string, file: Blob): Promise<void> {
  return telling(async () => {
    const model = await keep(`models/${name}`, file);
    send({ type: 'open', model });
  });
}

/** Keeps a folder of classes in the browser, and fills the form of a new run with it. */
export function addPictures(files: readonly GivenFile[]): Promise<void> {
  return telling(async () => {
    const pictures = files.filter(({ path }) => PICTURE.test(path)).map(({ path, file }) => ({ names: path.split('/'), file }));
    const root = pictures[0]?.names[0];
    const isParted = pictures.length > 0 && pictures.every(({ names }) => names[1] === 'train' || JUDGING.includes(names[1]!));
    const depth = isParted ? 4 : 3;
    if (root === undefined || pictures.some(({ names }) => names.length < depth)) {
      throw new Error(
        'The folder has no pictures in class folders. Give one with one subfolder per class, or with train and validation of such.',
      );
    }
    for (const [i, { names, file }] of pictures.entries()) {
      const part = isParted ? `-${names[1] === 'train' ? 'train' : 'validation'}` : '';
      const [label, ...rest] = names.slice(depth - 2);
      progress.value = { text: `Keeping pictures of ${root}`, done: i + 1, total: pictures.length };
      await keep(`pictures/${root}${part}/${label}/${rest.join('-')}`, file);
    }
    givenFolders.value = isParted
      ? { train: `pictures/${root}-train`, validation: `pictures/${root}-validation`, split: undefined }
      : { train: `pictures/${root}`, validation: undefined, split: SPLIT };
  });
}

async function telling(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    trouble.value = (error as Error).message;
  } finally {
    progress.value = undefined;
  }
}

/** All files below what was dropped, by their paths. */
export async function droppedFiles(items: DataTransferItemList): Promise<GivenFile[]> {
  const found: GivenFile[] = [];
  const visit = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (entry.isFile) {
      found.push({ path, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // It gives a hundred at a time, and none at the end.
    for (;;) {
      const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (entries.length === 0) return;
      for (const each of entries) await visit(each, `${path}/${each.name}`);
    }
  };
  // The list is empty after the event, entries are not.
  const entries = [...items].map(item => item.webkitGetAsEntry());
  for (const entry of entries) if (entry) await visit(entry, entry.name);
  return found;
}
