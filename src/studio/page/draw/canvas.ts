import { useEffect, useRef } from 'preact/hooks';
import type { Picture } from '../state/api.js';
import { paint, type Scale, type Slice } from './scale.js';

/** A canvas that is drawn again, in the next frame, when one of `inputs` changes. */
export function useDrawing(draw: (context: CanvasRenderingContext2D) => void, inputs: readonly unknown[]) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const context = ref.current?.getContext('2d');
      if (context) draw(context);
    });
    return () => cancelAnimationFrame(frame);
    // The caller says what its drawing depends on.
  }, inputs);
  return ref;
}

/** Numbers as an image, row after row. */
export function mapImage({ data, offset = 0, stride = 1 }: Slice, height: number, width: number, scale: Scale): ImageData {
  const image = new ImageData(width, height);
  for (let i = 0, at = offset; i < height * width; i++, at += stride) paint(image.data, 4 * i, scale, data[at]!);
  return image;
}

/** A picture's bytes as an image; one channel is grey. */
export function pictureImage({ height, width, channels, data }: Picture): ImageData {
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = data[i * channels + (channels < 3 ? 0 : c)]!;
    image.data[4 * i + 3] = 255;
  }
  return image;
}

/** What the network is given, made visible again: from the least to the largest number where they go beyond 0 to 1. */
export function inputPicture(data: ArrayLike<number>, [height, width, channels]: readonly [number, number, number], row = 0): Picture {
  const size = height * width * channels;
  let low = 0;
  let high = 1;
  for (let i = row * size; i < (row + 1) * size; i++) {
    low = Math.min(low, data[i]!);
    high = Math.max(high, data[i]!);
  }
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = Math.round((255 * (data[row * size + i]! - low)) / (high - low));
  return { height, width, channels, data: bytes };
}
