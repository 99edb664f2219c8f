import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { byCodePoints } from '../src/data/code_points.js';
import { decodeImage } from '../src/data/decode/index.js';
import { imageDataGenerator } from '../src/data/directory.js';
import { listFolder } from '../src/data/folder.js';
import { loadImages } from '../src/data/load.js';
import { readPixels } from '../src/data/pixels.js';
import { plain } from '../src/data/plain.js';
import { convertColor } from '../src/data/resize.js';
import { pathsOfArguments } from '../src/node/names.js';
import { fixtureJson } from './helpers/shared.js';

interface Fixture {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
}

// Files and what PIL makes of them, by fixtures/images.py.
const { images } = fixtureJson<{ images: Record<string, Fixture> }>('images.json');
const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64');

describe('image files give the bytes that PIL gives', () => {
  test.each(Object.entries(images))('%s', async (_, { file, width, height, rgb }) => {
    const image = await decodeImage(bytesOf(file));
    expect([image.width, image.height]).toEqual([width, height]);
    const found = convertColor(image, 'rgb').data;
    expect(Buffer.from(found).equals(bytesOf(rgb))).toBe(true);
  });
});

/** First bytes, and what they are called. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['\0\0\0\x0cjP  \r\n\x87\n', 'it is a JPEG 2000 image, which is not read; convert it to PNG or JPEG'],
  ['\xff\x0a', 'it is a JPEG XL image, which is not read; convert it to PNG or JPEG'],
  ['\0\0\0\x1cftypavif', 'it is an AVIF image, which is not read; convert it to PNG or JPEG'],
  ['\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif', 'it is an AVIF image, which is not read; convert it to PNG or JPEG'],
  ['\0\0\0\x1cftypheic', 'it is a HEIC image, which is not read; convert it to PNG or JPEG'],
  ['\0\0\x01\0\x01\0', 'it is an ICO image, which is not read; convert it to PNG or JPEG'],
  ['8BPS', 'it is a PSD image, which is not read; convert it to PNG or JPEG'],
  ['II+\0\x08\0\0\0', 'it is a TIFF image with 64-bit offsets (BigTIFF), which is not read; convert it to PNG or JPEG'],
  ['<svg xmlns="http://www.w3.org/2000/svg">', 'it is an SVG image, which is not read; convert it to PNG or JPEG'],
  ['<!DOCTYPE html><title>404</title>', 'it is a web page, not an image'],
  ['%PDF-1.7', 'it is a PDF file, not an image'],
  ['hello, this is text', 'it is not an image: its first bytes are those of no format that is known'],
];

describe('files that are not read are refused, saying what they are', () => {
  test.each(REFUSED)('%j', async (start, message) => {
    await expect(decodeImage(Buffer.from(start, 'latin1'))).rejects.toThrow(message);
  });

  test.each(['jpeg 4:2:0', 'jpeg progressive', 'png rgb', 'webp lossy', 'bmp rgb', 'jpeg cmyk'])('%s, cut short', async name => {
    const file = bytesOf(images[name]!.file);
    await expect(decodeImage(file.subarray(0, Math.floor(file.length * 0.7)))).rejects.toThrow();
    // The decoder still works afterwards.
    await expect(decodeImage(file)).resolves.toBeDefined();
  });

  test('nothing, and a broken header', async () => {
    await expect(decodeImage(new Uint8Array(0))).rejects.toThrow('the file is empty');
    const broken = bytesOf(images['jpeg 4:2:0']!.file).slice();
    broken.fill(0, 20, 200);
    await expect(decodeImage(broken)).rejects.toThrow(/JPEG/);
  });
});

describe('folders', () => {
  let root = '';
  const png = bytesOf(images['png rgb']!.file);

  /** Writes files, given by path and content, under a new folder. */
  async function folder(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
    const path = await mkdtemp(join(root, 'f'));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(path, name, '..'), { recursive: true });
      await writeFile(join(path, name), content);
    }
    return path;
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'wgrad-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  test('are listed in the order of code points, whatever the names', async () => {
    const names = ['Z.png', 'a.PNG', '-dash.jpg', 'with space.jpeg', 'ä.bmp', '\u{1F637}.png', '\uFF5E.png'];
    const path = await folder(
      Object.fromEntries(
        names.flatMap(name => [
          [`b class/${name}`, png],
          [`a/inner/${name}`, png],
          [`a/${name}`, png],
        ]),
      ),
    );
    const { classNames, filenames, classes } = await listFolder(path);
    expect(classNames).toEqual(['a', 'b class']);
    const sorted = ['-dash.jpg', 'Z.png', 'a.PNG', 'with space.jpeg', 'ä.bmp', '\uFF5E.png', '\u{1F637}.png'];
    expect(filenames).toEqual([
      ...sorted.map(name => join('a', name)),
      ...sorted.map(name => join('a', 'inner', name)),
      ...sorted.map(name => join('b class', name)),
    ]);
    expect(classes).toEqual([...new Array(14).fill(0), ...new Array(7).fill(1)]);
    expect(['\u{1F637}', '\uFF5E'].sort(byCodePoints)).toEqual(['\uFF5E', '\u{1F637}']);
  });

  test('are read by what files hold, not by their names', async () => {
    const path = await folder({ 'a/really-webp.jpg': bytesOf(images['webp lossless']!.file), 'b/really-png.bmp': png });
    const iterator = await imageDataGenerator().flowFromDirectory(path, { targetSize: [19, 26], shuffle: false });
    expect(
      Buffer.from(await readPixels(iterator.images.pixels)).equals(
        Buffer.concat([bytesOf(images['webp lossless']!.rgb), bytesOf(images['png rgb']!.rgb)]),
      ),
    ).toBe(true);
  });

  test('count classes without images, and say what else lies there', async () => {
    const path = await folder({ 'a/1.png': png, 'a/notes.txt': 'x', 'c/2.png': png });
    await mkdir(join(path, 'b'));
    const { iterator, ignored } = await imageDataGenerator().readDirectory(path, { targetSize: [4, 4] });
    expect(iterator.classNames).toEqual(['a', 'b', 'c']);
    expect(iterator.classes).toEqual([0, 2]);
    expect(iterator.labelUnits).toBe(3);
    expect(ignored).toBe(1);
  });

  test.skipIf(process.platform !== 'linux')(
    'may have names that are not UTF-8, shown by their bytes and in the order of Python',
    async () => {
      const path = await folder({ 'a/z.png': png, 'a/\uFF5E.png': png });
      const latin1 = (text: string): Buffer => Buffer.concat([Buffer.from(`${path}/`), Buffer.from(text, 'latin1')]);
      await mkdir(latin1('caf\xe9'));
      await writeFile(latin1('caf\xe9/\xc3\xa4\xe4.png'), png);
      await writeFile(latin1('a/\xd6\xd0.png'), png);
      await writeFile(latin1('a/\xff.jpg'), 'no image');
      const { iterator, broken } = await imageDataGenerator().readDirectory(path, { targetSize: [4, 4], shuffle: false, skipBroken: true });
      expect(iterator.classNames).toEqual(['a', 'caf\udce9']);
      expect(iterator.filenames).toEqual(['a/z.png', 'a/\udcd6\udcd0.png', 'a/\uFF5E.png', 'caf\udce9/ä\udce4.png']);
      expect(broken.map(each => each.path)).toEqual([`${path}/a/\udcff.jpg`]);
      expect(plain(iterator.filenames[3]!)).toBe('caf\\xe9/ä\\xe4.png');
      // As a shell's pattern gives them to Node, which loses their bytes.
      expect(await pathsOfArguments([`${path}/a/z.png`, `${path}/caf\ufffd/ä\ufffd.png`])).toEqual([
        `${path}/a/z.png`,
        `${path}/caf\udce9/ä\udce4.png`,
      ]);
      await expect(imageDataGenerator().readDirectory(path)).rejects.toThrow('a/\\xff.jpg: it is not an image');
    },
  );

  test('count files without a dot before their ending, as Keras does', async () => {
    const path = await folder({ 'a/photo_jpg': png, 'a/png': png, 'a/.jpeg': png, 'a/x.webp': png, 'a/x.png.txt': png });
    const { filenames, ignored } = await listFolder(path);
    expect(filenames).toEqual(['.jpeg', 'photo_jpg', 'png'].map(name => join('a', name)));
    expect(ignored).toBe(2);
  });

  test.skipIf(process.platform === 'win32')('with pipes, broken links and files that vanish go on without them', async () => {
    const path = await folder({ 'a/1.png': png });
    execFileSync('mkfifo', [join(path, 'a', 'pipe.jpg')]);
    await symlink(join(path, 'nowhere'), join(path, 'a', 'link.jpg'));
    await symlink('/dev/zero', join(path, 'a', 'zero.jpg'));
    const { broken } = await imageDataGenerator().readDirectory(path, { targetSize: [4, 4], skipBroken: true });
    expect(broken.map(each => [basename(each.path), each.reason])).toEqual([
      ['link.jpg', 'it does not exist'],
      ['pipe.jpg', 'it is a pipe, wanted a file'],
      ['zero.jpg', 'it is a device, wanted a file'],
    ]);
  });

  test('follow links only when asked', async () => {
    const path = await folder({ 'a/1.png': png });
    const other = await folder({ 'x/2.png': png });
    await symlink(join(other, 'x'), join(path, 'a', 'linked'));
    expect((await listFolder(path)).filenames).toEqual([join('a', '1.png')]);
    expect((await listFolder(path, { followLinks: true })).filenames).toEqual([join('a', '1.png'), join('a', 'linked', '2.png')]);
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['no subfolders', { 'file.png': '' }, 'has no subfolders: make one for each class'],
    ['no images', { 'a/x.txt': '', 'b/y.txt': '' }, 'has no images in its 2 class folders'],
  ])('with %s are refused', async (_, files, message) => {
    const path = await folder(files);
    await expect(imageDataGenerator().flowFromDirectory(path)).rejects.toThrow(message);
  });

  test('that are missing or files are refused', async () => {
    const path = await folder({ 'a/1.png': png });
    await expect(listFolder(join(path, 'nowhere'))).rejects.toThrow('it does not exist');
    await expect(listFolder(join(path, 'a', '1.png'))).rejects.toThrow('it is a file, wanted a folder with one subfolder per class');
  });

  test('with a broken image stop at its name, or go on without it', async () => {
    const path = await folder({ 'a/1.png': png, 'a/2.jpg': 'this is text', 'a/3.png': png.subarray(0, 90), 'b/4.png': png });
    const options = { targetSize: [4, 4], shuffle: false } as const;
    await expect(imageDataGenerator().flowFromDirectory(path, options)).rejects.toThrow(/[ab].(2\.jpg|3\.png): .*--skip-broken/);
    const { iterator, broken } = await imageDataGenerator().readDirectory(path, { ...options, skipBroken: true });
    expect(iterator.filenames).toEqual([join('a', '1.png'), join('b', '4.png')]);
    expect(iterator.classes).toEqual([0, 1]);
    expect(broken.map(({ path: file }) => file)).toEqual([join(path, 'a', '2.jpg'), join(path, 'a', '3.png')]);
    const target = { height: 4, width: 4, colorMode: 'rgb' } as const;
    await expect(loadImages([join(path, 'gone.png')], target)).rejects.toThrow('gone.png');
  });
});
