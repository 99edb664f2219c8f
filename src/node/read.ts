import { open } from 'node:fs/promises';
import { readReason } from './errors.js';
import { pathToOpen } from './names.js';

/** Everything in a file, or what a pipe gives until it ends. Throws why it can't be read, without its name: devices such as /dev/zero never end. */
export async function readWhole(path: string): Promise<Buffer> {
  try {
    const file = await open(pathToOpen(path));
    try {
      const stats = await file.stat();
      if (stats.isCharacterDevice() || stats.isBlockDevice()) throw new Error('it is a device, wanted a file');
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Error(readReason(error), { cause: error });
  }
}
