/** A picture's pixels as RGBA bytes, as the browser decodes them: turned by no EXIF flag and converted to no colour space. */
export async function decodeHere(file: Blob): Promise<{ width: number; height: number; channels: 4; data: Uint8Array }> {
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
    imageOrientation: 'none',
  } as ImageBitmapOptions);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, channels: 4, data: new Uint8Array(data.buffer) };
}
