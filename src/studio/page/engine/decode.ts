/** A picture's pixels as RGBA bytes, as the browser decodes them: turned by no EXIF flag and converted to no colour space. */
export async function decodeHere(file: Blob): Promise<{ width: number; height: number; channels: 4; data: Uint8Array }> {
  const options = { colorSpaceConversion: 'none', premultiplyAlpha: 'none', imageOrientation: 'none' } as ImageBitmapOptions;
  const bitmap = await createImageBitmap(file, options).catch(async error => {
    throw new Error(await whyNot(file), { cause: error });
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, channels: 4, data: new Uint8Array(data.buffer) };
}

/** What begins a file, by what it is then; at an offset. */
const KINDS: readonly (readonly [name: string, begin: string, at: number])[] = [
  ['a PNG', '\x89PNG', 0],
  ['a JPEG', '\xff\xd8\xff', 0],
  ['a GIF', 'GIF8', 0],
  ['a BMP', 'BM', 0],
  ['a WebP', 'WEBP', 8],
];

/** Pictures of phones, which most browsers don't read. */
const HEIC = /^ftyp(heic|heix|hevc|heim|heis|mif1|msf1)/;

/** Why a file can't be decoded, and what to do. */
async function whyNot(file: Blob): Promise<string> {
  if (file.size === 0) return 'the file is empty';
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  if (HEIC.test(head.slice(4))) return 'it is a HEIC, which this browser does not read: save it as a JPEG';
  const kind = KINDS.find(([, begin, at]) => head.startsWith(begin, at));
  if (kind) return `it is ${kind[0]}, and damaged, cut short or too large`;
  return 'this browser cannot read it as a picture: give a PNG, JPEG, BMP, WebP or GIF';
}
