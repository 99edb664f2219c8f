/** Pixels that an image may have: twice PIL's MAX_IMAGE_PIXELS, from which on it takes a file for a decompression bomb. Source: PIL/Image.py */
export const MAX_PIXELS = 178_956_970;

/** Called with the pixels of an image before memory is allocated for them. */
let admit: ((pixels: number) => void) | undefined;

/** Lets a worker that shares memory with others wait, or refuse, before it decodes an image. */
export function admitPixelsBy(admission: (pixels: number) => void): void {
  admit = admission;
}

/** Throws where an image's header declares no pixels, or more than PIL takes. To be called before memory is allocated for them. */
export function checkSize(width: number, height: number): void {
  if (width <= 0 || height <= 0) throw new Error(`its header declares ${width} x ${height} pixels: it holds no image`);
  if (width * height > MAX_PIXELS) {
    throw new Error(`its header declares ${width} x ${height} pixels, more than the ${MAX_PIXELS} that are read: make it smaller`);
  }
  admit?.(width * height);
}

/** Pixels from which on a header is not believed that the file's length contradicts: fewer cost little, and PIL answers. */
const LARGE = 1 << 24;

/** Throws where a header declares far more pixels than the file's bytes can hold: a few damaged bytes must not take gigabytes. */
export function checkLength(file: Uint8Array, width: number, height: number, pixelsAByte: number): void {
  if (width * height > LARGE && width * height > file.length * pixelsAByte) {
    throw new Error(`it is broken: its ${file.length} bytes can't hold the ${width} x ${height} pixels that its header declares`);
  }
}
