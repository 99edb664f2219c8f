import type { DirectoryImageDataGenerator, DirectoryOptions } from '../data/directory.js';
import type { ImageIterator } from '../data/iterator.js';
import { Progbar } from '../nn/progress.js';
import { note } from './common.js';

/** Reads a folder of classes and says what was found, as Keras does, and what was left out. `print` writes lines for people. */
export async function readFolder(
  generator: DirectoryImageDataGenerator,
  folder: string,
  options: DirectoryOptions,
  print: (line: string) => void,
): Promise<ImageIterator> {
  let bar: Progbar | undefined;
  const onProgress = (done: number, total: number): void => {
    options.onProgress?.(done, total);
    if (!process.stderr.isTTY) return;
    if (!bar) note(`Reading ${folder}`);
    bar ??= new Progbar(total, { write: text => process.stderr.write(text), verbose: 1, dynamic: true });
    bar.update(done, {}, done === total);
  };
  const { iterator, broken, ignored } = await generator.readDirectory(folder, { ...options, onProgress });
  print(`Found ${iterator.samples} images belonging to ${Object.keys(iterator.classIndices).length} classes.`);
  if (ignored > 0) note(`${folder}: ${ignored} file${ignored === 1 ? ' is' : 's are'} no png, jpg, jpeg or bmp and left out.`);
  if (broken.length > 0) {
    note(`${folder}: ${broken.length} broken image${broken.length === 1 ? '' : 's'} left out:`);
    for (const { path, reason } of broken) note(`  ${path}: ${reason}`);
  }
  for (const [name, index] of Object.entries(iterator.classIndices)) {
    if (!iterator.classes.includes(index)) note(`${folder}: class '${name}' has no images.`);
  }
  return iterator;
}
