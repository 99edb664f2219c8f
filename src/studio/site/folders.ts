import { byCodePoints } from '../../data/code_points.js';
import type { DecodedImage } from '../../data/decode/image.js';
import type { ListedFolder } from '../../data/folder.js';
import type { ImageSet } from '../../data/iterator.js';
import { MemoryPixels } from '../../data/pixels.js';
import { CHANNELS, type ColorMode, fitImage } from '../../data/resize.js';
import { syntheticFace } from '../../data/synthetic.js';
import { RandomState } from '../../engine/random.js';
import { FACE_CLASSES, pictureName, SAMPLE, validationOf } from '../../run/sample.js';
import { decodeHere } from '../page/engine/decode.js';
import { SAMPLE_FACES } from '../protocol.js';
import type { Files } from './files.js';
import { messagesRead } from './yielding.js';

/** The few faces that come along. */
export const FACES = 'faces';

/** Where a person's pictures and models are kept. */
export const PICTURES = 'pictures';
export const MODELS = 'models';

const FACE_ADDRESSES = import.meta.glob<string>('../../../data/faces/*/*.png', { query: '?url', import: 'default', eager: true });

/** A folder of classes: its pictures in Keras' order, and each as it is. */
export interface Folder {
  readonly listed: ListedFolder;
  picture(name: string): Promise<DecodedImage>;
}

type Told = (done: number, total: number) => void;

/** Of drawn faces: those to learn from, or those to judge by. */
export type Part = 'train' | 'validation';

/** A folder of classes by its name in the site; drawn faces are those that Node draws, to the byte. Throws where there is none. */
export async function openFolder(files: Files, name: string, part: Part, onProgress: Told): Promise<Folder> {
  if (name === SAMPLE_FACES) return drawn(part, onProgress);
  if (name === FACES) {
    const found = new Map(Object.entries(FACE_ADDRESSES).map(([path, address]) => [path.split('/').slice(-2).join('/'), address]));
    return {
      listed: listedBy([...found.keys()]),
      picture: async file => decodeHere(await (await fetch(new URL(found.get(file)!, import.meta.url))).blob()),
    };
  }
  const paths: string[] = [];
  const { folders } = await files.list(name);
  for (const folder of folders) for (const file of (await files.list(`${name}/${folder}`)).files) paths.push(`${folder}/${file}`);
  if (paths.length === 0) throw new Error(`there are no pictures '${name}' in this browser: drop a folder with one subfolder per class`);
  return { listed: listedBy(paths), picture: async file => decodeHere(new Blob([(await files.read(`${name}/${file}`))!])) };
}

/** Pictures 'class/name' in Keras' order. */
function listedBy(paths: readonly string[]): ListedFolder {
  const classOf = (path: string): string => path.split('/')[0]!;
  const classNames = [...new Set(paths.map(classOf))].sort(byCodePoints);
  const filenames = paths.toSorted((a, b) => byCodePoints(classOf(a), classOf(b)) || byCodePoints(a, b));
  return { classNames, filenames, classes: filenames.map(path => classNames.indexOf(classOf(path))), ignored: 0 };
}

/** With the classes in another order, and each one's pictures. */
export function inOrder({ classNames, filenames, classes, ignored }: ListedFolder, order: readonly string[]): ListedFolder {
  const rows = order.map(name => filenames.flatMap((file, row) => (classNames[classes[row]!] === name ? [file] : [])));
  return { classNames: order, filenames: rows.flat(), classes: rows.flatMap((files, index) => files.map(() => index)), ignored };
}

const faces = new Map<string, Folder>();

async function drawn(part: Part, onProgress: Told): Promise<Folder> {
  const known = faces.get(part);
  if (known) return known;
  const { images: count, seed } = part === 'train' ? SAMPLE : validationOf(SAMPLE);
  const random = new RandomState(seed);
  const pictures = new Map<string, DecodedImage>();
  for (const [half, name] of FACE_CLASSES.entries()) {
    for (let i = 0; i < count; i++) {
      const { width, height, data } = syntheticFace(random, half === 0, SAMPLE.size);
      pictures.set(`${name}/${pictureName(i)}`, { width, height, channels: 3, data });
      if (pictures.size % 50 === 0) {
        onProgress(pictures.size, 2 * count);
        // Lets the worker answer meanwhile.
        await messagesRead();
      }
    }
  }
  const folder: Folder = { listed: listedBy([...pictures.keys()]), picture: async file => pictures.get(file)! };
  faces.set(part, folder);
  return folder;
}

/** A folder's pictures at a size, decoded here once. Throws, naming it, where one can't be read. */
export async function readPictures(
  { picture }: Folder,
  { filenames, classes, classNames }: ListedFolder,
  { height, width, colorMode }: { readonly height: number; readonly width: number; readonly colorMode: ColorMode },
  onProgress: Told,
): Promise<ImageSet> {
  const channels = CHANNELS[colorMode];
  const size = height * width * channels;
  const bytes = new Uint8Array(filenames.length * size);
  for (const [i, name] of filenames.entries()) {
    const image = await picture(name).catch((error: Error) => {
      throw new Error(`${name} can't be read as a picture: ${error.message}`, { cause: error });
    });
    bytes.set(fitImage(image, colorMode, { height, width }).data, i * size);
    if (i % 50 === 49) onProgress(i + 1, filenames.length);
  }
  return { pixels: new MemoryPixels(bytes, size), height, width, channels, classes, classNames, filenames };
}
