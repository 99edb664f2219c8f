/** Pixels that an image may have: twice PIL's MAX_IMAGE_PIXELS, from which on it takes a file for a decompression bomb. Source: PIL/Image.py */
export const MAX_PIXELS = 178_956_970;

/** Throws where an image's header declares no pixels, or more than PIL takes. To be called before memory is allocated for them. */
export function checkSize(width: number, height: number): void {
  if (width <= 0 || height <= 0) throw new Error(`its header declares ${width} x ${height} pixels: it holds no image`);
  if (width * height > MAX_PIXELS) {
    throw new Error(`its header declares ${width} x ${height} pixels, more than the ${MAX_PIXELS} that are read: make it smaller`);
  }
}
