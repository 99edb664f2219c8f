import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, removeAbandoned, temporaryName } from '../node/files.js';
import { drawFaceFolders, type FaceFolders } from './draw_faces.js';
import { SAMPLE } from './sample.js';

/**
 * The folders of the faces that the studio's page trains on, drawn below `folder` where they are not there yet: under another name first, so that a folder
 * that is there is whole.
 */
export async function sampleFaces(folder: string, onProgress: (done: number, total: number) => void): Promise<FaceFolders> {
  const faces = join(folder, SAMPLE.name);
  const within = (root: string): FaceFolders => ({ train: join(root, 'train'), validation: join(root, 'validation') });
  if (existsSync(faces)) return within(faces);
  await makeFolder(folder);
  await removeAbandoned(folder);
  const temporary = temporaryName(folder);
  try {
    await mkdir(temporary);
    await drawFaceFolders(within(temporary), { ...SAMPLE, onProgress: (_, done, total) => onProgress(done, total) });
    await rename(temporary, faces);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return within(faces);
}
